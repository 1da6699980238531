package machine

import (
	"context"
	"maps"
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
	switch r.Kind.Name {
	case "archive":
		return true
	case "directory", "tree":
	default:
		return false
	}
	d := resource.Must[resources.Entry](r.Want)
	return d.Purge.Value || d.Recurse.Value || d.IsAbsent() || resources.UnitOf(string(d.Path)+"/x.conf") != "" // it would be removed with its last drop-in
}

// declareBelow passes the site's declarations to the directories and archives that affect the tree below them.
func (m *Machine) declareBelow(ctx context.Context) {
	if slices.ContainsFunc(m.Site.Resources, reachesBelow) {
		m.declareNamed(ctx, m.Site.Identity)
	}
}

// renewDeclared is declareBelow with the links that the run has made by now.
func (m *Machine) renewDeclared(ctx context.Context) error {
	if m.Site.Declared == nil || !slices.ContainsFunc(m.Site.Resources, reachesBelow) {
		return nil
	}
	now, err := assembly.Look(ctx, m.Site.Declared, joinNamesOf(m, m.Site.Declared))
	if err != nil {
		return err
	}
	m.declareNamed(ctx, now)
	return nil
}

func (m *Machine) declareNamed(ctx context.Context, id *assembly.Identity) {
	below := files.Site{Paths: id.Paths(), Links: assembly.LinksOf(id), Real: id.Path, Own: m.own.findPaths(m.tree)}
	own := make(map[string]bool, len(below.Paths))
	for _, path := range below.Paths {
		own[path] = true
	}
	// What other sites declare is not undeclared, and stays.
	others, files := m.State.LedgerOf(m.ID).ListHeldByOthers("")
	for _, key := range others {
		path, ok := strings.CutPrefix(key, "path:")
		if !ok {
			continue
		}
		if !own[path] {
			below.Present, below.Others = append(below.Present, path), append(below.Others, path)
		}
		below.Paths = append(below.Paths, path)
	}
	for _, r := range m.Site.Resources {
		path, ok := strings.CutPrefix(id.Key(r.Key), "path:")
		if ok && !r.WantsAbsent() { // things that are switched off stay, too
			below.Present = append(below.Present, path)
		}
		below.Paths = append(below.Paths, resources.KeysTakenBack(r)...)
	}
	addFiles(&below, id, files)
	addSources(m, &below, id)
	for _, p := range files {
		below.Others = append(below.Others, strings.TrimSuffix(p, "/"))
	}
	kept := len(below.Kept)
	m.addLinks(ctx, &below, others)
	below.Others = append(below.Others, below.Kept[kept:]...)
	m.addLinks(ctx, &below, id.Keys())
	keys, theirs := keyFiles{m}.list(ctx)
	below.Kept, below.Others = slices.Concat(below.Kept, keys, theirs), append(below.Others, theirs...)
	for _, dir := range below.Homes {
		for _, path := range m.archives.Around(resource.DecodeBytes(dir)) {
			below.Homes = append(below.Homes, resource.EncodeBytes(path))
		}
	}
	m.files.Declare(below)
	bare := m.State.LedgerOf(m.ID).ListBare()
	maps.DeleteFunc(bare, func(path string, _ bool) bool { return own[path] })
	m.archives.Declare(surroundings{m.Site, id}.list(below, others, slices.Concat(files, theirs), bare))
}

// writtenTo compares a path's content with what converge wrote there, for any spelling of the path.
type writtenTo struct {
	state *journal.State
	site  *site.Site
}

// Wrote implements files.Ledger.
func (w writtenTo) Wrote(key, digest string) (same, known bool) {
	return w.state.Wrote(w.site.Identity.Key(key), digest)
}

// ListParts implements edit.Founded.
func (w writtenTo) ListParts() map[string][]string { return w.state.ListParts() }

// ReadPast implements edit.Founded.
func (w writtenTo) ReadPast(key string) string {
	text, _ := w.state.ReadRecord(key, w.site.Kinds.Find(resources.PartSetting)) // all kinds of parts keep it in the same form
	return text
}

// ReadMaking implements edit.Makings.
func (w writtenTo) ReadMaking(path string) string { return w.state.Makings().ReadMaking(path) }

// NoteMaking implements edit.Makings.
func (w writtenTo) NoteMaking(path, id string) error { return w.state.Makings().NoteMaking(path, id) }
