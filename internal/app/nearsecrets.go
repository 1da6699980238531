package app

import (
	"slices"
	"strings"

	"converge/internal/journal"
	"converge/internal/resource"
	"converge/resources"
)

// secretFinder finds the files with sensitive parts.
type secretFinder struct{ *session }

// secretPlaces are the sensitive parts of files, by the path of the file.
type secretPlaces map[string][]secretPlace

// secretPlace is a thing with something sensitive in a file. The zero value means secrets of unknown origin.
type secretPlace struct {
	kind *resource.Kind // nil: not known
	key  string
}

func (s secretPlaces) add(paths []string, place secretPlace) {
	for _, p := range paths {
		for _, name := range resources.WithCopies(p) {
			s[name] = append(s[name], place)
		}
	}
}

// addAll adds the files in which a resource has something sensitive.
func (s secretPlaces) addAll(paths []string, r *resource.Resource) {
	place := secretPlace{r.Kind, r.Key}
	s.add(paths, place)
	for _, p := range paths {
		if backup := resources.BackupOf(r, p); backup != "" {
			s[backup] = append(s[backup], place)
		}
	}
}

// hasAny reports whether one of the files has something sensitive.
func (s secretPlaces) hasAny(paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return len(s[p]) > 0 })
}

// findSecretFiles returns the files that contain something sensitive, or did when converge last wrote it, for any
// site. former are the things with sensitive attributes, with the names of these.
func (s secretFinder) findSecretFiles(former map[string]map[string]bool) secretPlaces {
	files := secretPlaces{}
	files.add(resources.SecretFiles(), secretPlace{})
	for _, r := range s.site.Resources {
		if isSecretBesideRecord(r.Kind, r.Secret) || isSecretBesideRecord(r.Kind, former[r.Key]) {
			files.addAll(append(s.findFilesOf(r), resources.WholeFiles(r)...), r)
		}
	}
	for path, parts := range s.state.ListSecretFiles() {
		for _, part := range parts {
			if place := (secretPlace{s.site.Kind(part.Kind), part.Key}); place.kind == nil || isSecretBesideRecord(place.kind, nameSet(part.Names)) {
				files.add([]string{strings.TrimPrefix(s.site.Identity.Key("path:"+path), "path:")}, place)
			}
		}
	}
	if len(former) == 0 {
		return files // the usual case, in which the ledger need not be read in full
	}
	for _, e := range s.state.LedgerOf(journal.Site{}).ListThings(func(e journal.LedgerEntry) bool { return former[e.Key] != nil }) {
		k := s.site.Kind(e.Addr.Kind)
		if !isSecretBesideRecord(k, former[e.Key]) {
			continue
		}
		place := secretPlace{k, e.Key}
		if p, _, isPart := resource.CutPartKey(e.Key); isPart {
			files.add([]string{p}, place)
		}
		if p, isPath := strings.CutPrefix(e.Key, "path:"); isPath {
			files.add([]string{p}, place)
		}
		for _, h := range e.Holds {
			files.add(h.Within, place)
		}
	}
	return files
}

// hideNear returns the attributes of a resource that would show old or neighbouring text of a file, which may be a
// secret of another resource: its owner is not known.
func (s secretFinder) hideNear(r *resource.Resource, files secretPlaces) map[string]bool {
	content := r.Kind.ContentAttr
	if content == "" {
		return nil
	}
	paths := resources.WholeFiles(r)
	if _, _, isPart := resource.CutPartKey(r.Key); isPart {
		paths = s.findFilesOf(r)
	}
	if !slices.ContainsFunc(paths, func(p string) bool {
		return slices.ContainsFunc(files[p], func(at secretPlace) bool { return at.mayShowIn(r) })
	}) {
		return nil
	}
	names := r.Kind.Secrets(r.Want, map[string]bool{"sensitive": true, content: true})
	names[content] = true
	return names
}

// mayShowIn reports whether a resource that writes into the file may show the sensitive part of it with the text that
// it finds.
func (p secretPlace) mayShowIn(r *resource.Resource) bool {
	if p.key == r.Key {
		return false // its own attributes decide
	}
	return p.kind == nil || p.kind != r.Kind || r.Kind.Apart == nil || !r.Kind.Apart(p.key, r.Key)
}

// isSecretBesideRecord reports whether more than the record of a thing is secret: the record of each part of a file
// with a sensitive part is.
func isSecretBesideRecord(k *resource.Kind, names map[string]bool) bool {
	for name, secret := range names {
		if secret && (k == nil || name == "" || name != k.RecordAttr) {
			return true
		}
	}
	return false
}

// findFilesOf returns the files that a resource edits in parts, by all their names.
func (s secretFinder) findFilesOf(r *resource.Resource) []string {
	paths := slices.Clone(s.site.Identity.FilesOf(r.Key).Within)
	if p, _, isPart := resource.CutPartKey(r.Key); isPart {
		return append(paths, p)
	}
	if strings.HasPrefix(r.Key, "path:") || r.Kind.Links == nil { // the usual case
		return paths
	}
	return append(paths, r.Links().Within...)
}

// recordsSecrets reports whether the record of a change has bytes of one of the files.
func (s secretFinder) recordsSecrets(c resource.Change, files secretPlaces) bool {
	return files.hasAny(s.findFilesOf(&resource.Resource{Addr: c.Addr, Kind: c.Kind, Key: c.Key, Want: c.Want}))
}

func nameSet(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out
}
