package repository

import (
	"path"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// The files in which apt's sources are.
const (
	aptList       = "/etc/apt/sources.list"
	aptListFolder = "/etc/apt/sources.list.d"
)

// siteSources is what a site declares of the files in which apt's sources are.
type siteSources struct {
	texts  map[string][]byte // the contents of files, where they are known
	gone   map[string]bool   // files that are to go
	unsure map[string]bool   // files with contents that only the machine knows: what a link leads to
	purged map[string]bool   // folders that are purged
}

// purges reports whether the site removes a file because nothing declares it.
func (s *siteSources) purges(file string) bool {
	return s.purged[path.Dir(file)] && s.texts[file] == nil && !s.gone[file] && !s.unsure[file]
}

// readSite finds what a site declares of apt's sources. Few resources do.
func readSite(rs []*resource.Resource) *siteSources {
	s := &siteSources{texts: map[string][]byte{}, gone: map[string]bool{}, unsure: map[string]bool{}, purged: map[string]bool{}}
	for _, r := range rs {
		if !r.IsEnforced() || r.Kind.Links == nil {
			continue
		}
		for _, key := range r.Links().Provides {
			if file, ok := strings.CutPrefix(key, "path:"); ok && strings.HasPrefix(file, aptList) {
				s.add(r, file)
			}
		}
	}
	return s
}

// contentAlone is the part of a wanted value that says what a file will contain.
type contentAlone struct {
	Content *resource.Blob       `attr:"content"`
	Initial resource.Opt[bool]   `attr:"initial"`
	OnEdit  resource.Opt[string] `attr:"on_edit"`
}

func (s *siteSources) add(r *resource.Resource, file string) {
	switch {
	case r.WantsAbsent():
		s.gone[file] = true
	case r.Kind.Name == "repository":
		if w := resource.Must[resources.RepositoryWant](r.Want); file == w.DefinitionPath() {
			s.texts[file], _ = contentOf(w.Definition)
		}
	case resources.Purges(r):
		s.purged[file] = true
	case path.Dir(file) != aptListFolder && file != aptList:
	default:
		w := resource.Part[contentAlone](r.Want)
		text, ok := contentOf(w.Content)
		if ok && !w.Initial.Value && w.OnEdit.Value != "keep" {
			s.texts[file] = text
		} else if w.Content != nil || r.Links().Leads != "" {
			s.unsure[file] = true
		}
	}
}
