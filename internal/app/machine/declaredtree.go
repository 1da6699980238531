package machine

import (
	"context"
	"slices"
	"strings"

	"converge/internal/app/site"
	"converge/internal/engine/assembly"
	"converge/internal/journal"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/resources"
)

// reachesBelow reports whether a resource affects the tree below it, and so needs
// the declarations there.
func reachesBelow(r *resource.Resource) bool {
	if r.Kind.Name != "directory" && r.Kind.Name != "tree" {
		return false
	}
	d := resource.Must[resources.Entry](r.Want)
	return d.Purge.Value || d.Recurse.Value || d.IsAbsent() || resources.UnitOf(string(d.Path)+"/x.conf") != "" // which would go with its last drop-in
}

// declareBelow gives directories that affect the tree below them the site's
// declarations there.
func (m *Machine) declareBelow() {
	if slices.ContainsFunc(m.Site.Resources, reachesBelow) {
		m.declareNamed(m.Site.Identity)
	}
}

// renewDeclared is declareBelow with the links that the run has made by now.
func (m *Machine) renewDeclared(ctx context.Context) error {
	if m.Site.Declared == nil || !slices.ContainsFunc(m.Site.Resources, reachesBelow) {
		return nil
	}
	now, err := assembly.Look(ctx, m.Site.Declared, joinNames(m.Site.Declared, m.files))
	if err != nil {
		return err
	}
	m.declareNamed(now)
	return nil
}

func (m *Machine) declareNamed(id *assembly.Identity) {
	below := files.Site{Paths: id.Paths(), Real: id.Path, Own: m.own.findPaths(m.tree)}
	own := make(map[string]bool, len(below.Paths))
	for _, path := range below.Paths {
		own[path] = true
	}
	// What other sites declare is not undeclared, and stays.
	for _, key := range m.State.HeldByOthers(m.ID, "path:") {
		path := strings.TrimPrefix(key, "path:")
		if !own[path] {
			below.Present = append(below.Present, path)
		}
		below.Paths = append(below.Paths, path)
	}
	for _, r := range m.Site.Resources {
		below.Homes = append(below.Homes, findHomes(id, r)...)
		path, ok := strings.CutPrefix(id.Key(r.Key), "path:")
		switch {
		case !ok || r.Off:
		case !resource.WantsAbsent(r.Want):
			below.Present = append(below.Present, path)
		}
	}
	m.files.Declare(below)
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
