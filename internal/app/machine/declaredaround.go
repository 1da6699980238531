package machine

import (
	"maps"
	"slices"
	"strings"

	"converge/internal/app/site"
	"converge/internal/engine/assembly"
	"converge/internal/providers/archives"
	"converge/internal/providers/files"
	"converge/internal/resource"
)

// surroundings finds the declarations below archives.
type surroundings struct {
	*site.Site
	id *assembly.Identity
}

// contentOf is the part of a wanted file that decides whether its content is declared.
type contentOf struct {
	Content *resource.Blob `attr:"content"`
}

// list lists the declared things. others are the keys that other sites declare, files are the files that contain these
// things, and access are the paths of files whose owner and mode alone they declare.
func (s surroundings) list(below files.Site, others, files []string, access map[string]bool) archives.Site {
	around := archives.Site{Paths: below.Paths, Own: below.Own, Foreign: s.listForeign(others, files)}
	around.Access = slices.AppendSeq(around.Access, maps.Keys(access))
	for _, r := range s.Resources {
		if r.WantsAbsent() {
			continue
		}
		key := s.id.Key(r.Key)
		if p, ok := strings.CutPrefix(key, assembly.PathKey); ok && r.Kind.Name == "file" && resource.Part[contentOf](r.Want).Content == nil {
			access[p] = true
			around.Access = append(around.Access, p)
		}
		f := s.id.FilesOf(key)
		around.Parts = appendFiles(appendFiles(around.Parts, f.Within), f.Writes)
	}
	for _, p := range below.Present {
		if !access[p] {
			around.Contents = append(around.Contents, p)
		}
	}
	for _, dir := range s.listUnmade() {
		for _, paths := range []*[]string{&around.Contents, &around.Access, &around.Parts} {
			*paths = slices.DeleteFunc(*paths, func(p string) bool { return strings.HasPrefix(p, dir+"/") })
		}
	}
	return around
}

// listUnmade lists the folders of the archives that a rollback removes, because its run made them: anything else that
// it restores in them is removed with them.
func (s surroundings) listUnmade() (dirs []string) {
	if s.Declared != nil {
		return nil
	}
	for _, r := range s.Resources {
		if p, ok := strings.CutPrefix(s.id.Key(r.Key), assembly.PathKey); ok && r.Kind.Name == "archive" && r.WantsAbsent() {
			dirs = append(dirs, p)
		}
	}
	return dirs
}

// listForeign lists the files that contain things of other sites. A rollback is a site of its own: the things that it
// takes back belong to no site.
func (s surroundings) listForeign(others, files []string) []string {
	if len(files) == 0 { // most hosts have one site
		return nil
	}
	goes, stays := map[string]bool{}, map[string]bool{}
	keys := map[string]bool{}
	for _, r := range s.Resources {
		key := s.id.Key(r.Key)
		keys[key] = true
		if !r.WantsAbsent() {
			continue
		}
		f := s.id.FilesOf(key)
		for _, p := range append(slices.Clone(f.Within), f.Writes...) {
			goes[p] = true
		}
	}
	for _, key := range others {
		if p, _, ok := resource.CutPartKey(key); ok && !keys[key] {
			stays[p] = true
		}
	}
	var out []string
	for _, p := range files {
		if !goes[p] || stays[p] {
			out = append(out, p)
		}
	}
	return appendFiles(nil, out)
}

// appendFiles appends paths, except those of folders.
func appendFiles(to, paths []string) []string {
	for _, p := range paths {
		if !strings.HasSuffix(p, "/") {
			to = append(to, p)
		}
	}
	return to
}
