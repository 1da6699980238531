package source

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"

	"converge/internal/resource"
)

// ListAltered returns, in order, the paths of evaluated inputs that have changed since: manifests, folders of manifests,
// templates, files of variables, and files that an expression read or tested.
func (f *Files) ListAltered() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for path, pinned := range f.pinned {
		if pinned && f.differs(path) {
			out = append(out, path)
		}
	}
	for path, sum := range f.varSums {
		if now, err := readManifest(path); err != nil || sha256.Sum256(now.Data) != sum {
			out = append(out, path)
		}
	}
	for dir, names := range f.folders {
		if entries, err := os.ReadDir(dir); err != nil || !slices.Equal(names, manifestNames(entries)) {
			out = append(out, dir)
		}
	}
	for dir, entries := range f.trees {
		if now, err := listTree(dir); err != nil || !slices.Equal(now, entries) {
			out = append(out, dir)
		}
	}
	for path, existed := range f.existed {
		if _, err := os.Stat(path); existed == errors.Is(err, fs.ErrNotExist) {
			out = append(out, path)
		}
	}
	for path := range f.refused {
		if _, err := resource.FileBlob(path, f.opts.Open); err == nil {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ListPaths returns the paths of all that was read, files of variables included, and with a slash
// at the end those of folders that were listed as a whole.
func ListPaths(f *Files) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.AppendSeq(slices.Collect(maps.Keys(f.read)), maps.Keys(f.varSums))
	for dir := range f.trees {
		out = append(out, dir+"/")
	}
	return out
}

// ReadVars reads a file of variables. It keeps only a digest of the text.
func (f *Files) ReadVars(path string) (Document, error) {
	d, err := readManifest(path)
	if err != nil {
		return Document{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.varSums[path] = sha256.Sum256(d.Data)
	return d, nil
}

// ReadData reads a file of variables that the manifest names, with the opener for files in attributes and expressions.
// It keeps only a digest of the text.
func (f *Files) ReadData(path string) (Document, error) {
	open := f.opts.Open
	if open == nil {
		open = resource.OpenRegular
	}
	d, err := readDocument(path, open)
	if err != nil {
		return Document{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.varSums[path] = sha256.Sum256(d.Data)
	return d, nil
}

// NoteAsked notes that an expression depends on whether a path exists.
func (f *Files) NoteAsked(path string, existed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.existed[path] = existed
}

// differs reports whether the file at path has changed since it was read.
func (f *Files) differs(path string) bool {
	open := f.opts.Open
	if f.manifests[path] != nil {
		open = nil
	}
	now, err := resource.FileBlob(path, open)
	return err != nil || !now.Same(f.read[path])
}
