package machine

import (
	"context"
	"slices"
	"strings"

	"converge/internal/app/site"
	"converge/internal/engine/assembly"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/resources"
)

// reachesBelow reports whether a resource affects the tree below it, and so needs
// the declarations there.
func reachesBelow(r *resource.Resource) bool {
	if r.Kind.Name != "directory" {
		return false
	}
	d := resource.Must[resources.DirectoryWant](r.Want)
	return d.Purge.Value || d.Recurse.Value || d.IsAbsent()
}

// treeDeclarer gives the provider of files what sites declare in the tree.
type treeDeclarer struct {
	site  *site.Site
	id    journal.Site
	state *journal.State
	files *files.Provider
	tree  *fsys.FS
	own   ownFolder
}

func (m *Machine) newTreeDeclarer() *treeDeclarer {
	return &treeDeclarer{site: m.site, id: m.id, state: m.state, files: m.files, tree: m.tree, own: m.own}
}

// declareBelow gives directories that affect the tree below them the site's
// declarations there.
func (d *treeDeclarer) declareBelow() {
	if slices.ContainsFunc(d.site.Resources, reachesBelow) {
		d.declareNamed(d.site.Identity)
	}
}

// renewDeclared is declareBelow with the links that the run has made by now.
func (d *treeDeclarer) renewDeclared(ctx context.Context) error {
	if d.site.Declared == nil || !slices.ContainsFunc(d.site.Resources, reachesBelow) {
		return nil
	}
	now, err := assembly.Look(ctx, d.site.Declared, joinNames(d.site.Declared, d.files))
	if err != nil {
		return err
	}
	d.declareNamed(now)
	return nil
}

func (d *treeDeclarer) declareNamed(id *assembly.Identity) {
	below := files.Site{Paths: id.Paths(), Real: id.Path, Own: d.own.findPaths(d.tree)}
	own := make(map[string]bool, len(below.Paths))
	for _, path := range below.Paths {
		own[path] = true
	}
	// What other sites declare is not undeclared, and stays.
	for _, key := range d.state.HeldByOthers(d.id, "path:") {
		path := strings.TrimPrefix(key, "path:")
		if !own[path] {
			below.Present = append(below.Present, path)
		}
		below.Paths = append(below.Paths, path)
	}
	for _, r := range d.site.Resources {
		below.Homes = append(below.Homes, findHomes(id, r)...)
		path, ok := strings.CutPrefix(id.Key(r.Key), "path:")
		switch {
		case !ok || r.Off:
		case !resource.WantsAbsent(r.Want):
			below.Present = append(below.Present, path)
		}
	}
	d.files.Declare(below)
}

// writtenTo compares a path's content with what converge wrote there, however the
// path is spelled.
type writtenTo struct {
	state *journal.State
	site  *site.Site
}

// Wrote implements files.Ledger.
func (w writtenTo) Wrote(key, digest string) (same, known bool) {
	return w.state.Wrote(w.site.Identity.Key(key), digest)
}

// findHomes returns the directories that a resource makes besides itself: the
// home of a user.
func findHomes(id *assembly.Identity, r *resource.Resource) (homes []string) {
	if r.Off || r.Kind.Links == nil || r.Kind.Name != "user" {
		return nil
	}
	for _, key := range r.Kind.Links(r.Want).Before {
		if path, ok := strings.CutPrefix(id.Key(key), "path:"); ok {
			homes = append(homes, path)
		}
	}
	return homes
}
