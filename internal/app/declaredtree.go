package app

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
// to know the declarations there.
func reachesBelow(r *resource.Resource) bool {
	if r.Kind.Name != "directory" {
		return false
	}
	d := resource.Must[resources.DirectoryWant](r.Want)
	return d.Purge.Value || d.Recurse.Value || d.IsAbsent()
}

// treeDeclarer tells the provider of files what sites declare in the tree.
type treeDeclarer struct {
	site  *site.Site
	id    journal.Site
	state *journal.State
	files *files.Provider
	tree  *fsys.FS
	own   ownFolder
}

func newTreeDeclarer(s *session) *treeDeclarer {
	return &treeDeclarer{site: s.site, id: s.id, state: s.state, files: s.files, tree: s.fs, own: findOwnFolder(s)}
}

// declareBelow gives directories that affect the tree below them the site's
// declarations there.
func (d *treeDeclarer) declareBelow() {
	if slices.ContainsFunc(d.site.Resources, reachesBelow) {
		d.declareNamed(d.site.Identity)
	}
}

// renewDeclared is declare with the links that the run has made by now.
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

// writtenTo answers by the thing what converge wrote into a path, however the
// path is spelled.
type writtenTo struct{ s *session }

// Wrote implements files.Ledger.
func (w writtenTo) Wrote(key, digest string) (same, known bool) {
	return w.s.state.Wrote(w.s.site.Identity.Key(key), digest)
}

// findHomes are the directories that a resource has made besides what it is: the
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
