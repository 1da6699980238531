package manifest

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"slices"

	"converge/internal/resource"
)

// Altered names, in order, the inputs of the evaluation that have changed since:
// manifests, folders of manifests, templates, files that an expression read or
// tested. A file that is only the content of a resource is not among them,
// because its content is compared anyway.
func (s *Site) Altered() []string {
	if s.files == nil {
		return nil
	}
	return s.files.altered()
}

func (f *files) altered() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for path, pinned := range f.pinned {
		if pinned && f.differs(path) {
			out = append(out, path)
		}
	}
	for path, sum := range f.varSums {
		if now, err := readManifest(path); err != nil || sha256.Sum256(now.data) != sum {
			out = append(out, path)
		}
	}
	for dir, names := range f.folders {
		if entries, err := os.ReadDir(dir); err != nil || !slices.Equal(names, manifestNames(entries)) {
			out = append(out, dir)
		}
	}
	for path, existed := range f.existed {
		if _, err := os.Stat(path); existed == errors.Is(err, fs.ErrNotExist) {
			out = append(out, path)
		}
	}
	for path := range f.refused {
		if _, err := resource.FileBlob(path, f.open); err == nil {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// addVars notes a file of variables.
func (f *files) addVars(path string, s source) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.varSums[path] = sha256.Sum256(s.data)
}

// asked notes that an expression went by whether there is anything at path.
func (f *files) asked(path string, existed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.existed[path] = existed
}

// differs reports whether the file at path does not hold what was read from it.
func (f *files) differs(path string) bool {
	open := f.open
	if f.manifests[path] != nil {
		open = nil
	}
	now, err := resource.FileBlob(path, open)
	return err != nil || !now.Same(f.read[path])
}
