package assembly

import (
	"strings"

	"converge/internal/resource"
)

// Paths returns the physical paths that the site declares, and the links on the declared way to them. An entry of a
// folder that is mounted twice appears under both names.
func (id *Identity) Paths() []string {
	id.mu.Lock()
	defer id.mu.Unlock()
	var out []string
	for key := range id.declared {
		if p, ok := strings.CutPrefix(key, PathKey); ok && !strings.HasSuffix(p, "/") {
			out = append(out, p)
		}
	}
	for link := range id.onTheWay {
		out = append(out, link)
	}
	return id.paths.addMounted(out)
}

// Files are the physical paths of files that a declared thing is a part of, and of files that it needs in addition to
// its own path. A path that ends in a slash is a folder with all its contents. See [resource.Links.Within]. Guards are
// keys of other things.
type Files struct{ Within, Writes, Guards []string }

// FilesOf returns the files of the thing with a key, as the site declares it.
func (id *Identity) FilesOf(key string) Files {
	if id == nil {
		return Files{}
	}
	return id.files[key]
}

// EachFile calls visit with the path of each of these files, by all its names.
func (id *Identity) EachFile(visit func(path string)) {
	var paths []string
	for _, f := range id.files {
		paths = append(append(paths, f.Within...), f.Writes...)
	}
	id.mu.Lock()
	paths = id.paths.addMounted(paths)
	id.mu.Unlock()
	for _, p := range paths {
		visit(p)
	}
}

// addFiles adds the files of a resource, whose links are by identity.
func (id *Identity) addFiles(l *resource.Links) {
	if len(l.Provides) == 0 {
		return
	}
	var f Files
	if file, _, isPart := resource.CutPartKey(l.Provides[0]); isPart {
		f.Within = []string{file}
	}
	for _, p := range l.Within {
		f.Within = append(f.Within, id.places(p)...)
	}
	for _, p := range l.Writes {
		f.Writes = append(f.Writes, id.places(p)...)
	}
	for _, key := range l.Provides[1:] {
		if p, ok := strings.CutPrefix(key, PathKey); ok && !strings.HasSuffix(p, "/") {
			f.Writes = append(f.Writes, p)
		}
	}
	for _, dir := range l.Folders {
		f.Writes = append(f.Writes, id.paths.leads(dir)+"/")
	}
	for _, key := range l.Guards {
		f.Guards = append(f.Guards, id.key(key))
	}
	if len(f.Within)+len(f.Writes)+len(f.Guards) > 0 {
		id.files[l.Provides[0]] = f
	}
}

// places are the physical path of a file, and the end of the link if it is one.
func (id *Identity) places(p string) []string {
	at, to := id.paths.place(p), id.paths.leads(p)
	if at == to {
		return []string{at}
	}
	return []string{at, to}
}

// addMounted adds, to paths, those that show the same entries in folders that are mounted twice.
func (p *paths) addMounted(out []string) []string {
	own := len(out)
	for at, first := range p.mounts {
		for _, path := range out[:own] {
			if rest, ok := strings.CutPrefix(path, first); ok && (rest == "" || rest[0] == '/') {
				out = append(out, at+rest)
			}
		}
	}
	return out
}
