package source

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
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
		if now, err := readDocument(f.opts.Disk, path); err != nil || sha256.Sum256(now.Data) != sum {
			out = append(out, path)
		}
	}
	for dir, names := range f.folders {
		if all, err := f.opts.Disk.Names(dir); err != nil || !slices.Equal(names, manifestNames(all)) {
			out = append(out, dir)
		}
	}
	for dir, entries := range f.trees {
		if now, err := listTree(f.opts, dir); err != nil || !slices.Equal(now, entries) {
			out = append(out, dir)
		}
	}
	for path, existed := range f.existed {
		if _, err := f.opts.Disk.Stat(path); existed == errors.Is(err, fs.ErrNotExist) {
			out = append(out, path)
		}
	}
	for path := range f.refused {
		if _, err := resource.FileBlob(path, f.opts.Disk.Open); err == nil {
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
	d, err := readDocument(f.opts.Disk, path)
	if err != nil {
		return Document{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.varSums[path] = sha256.Sum256(d.Data)
	return d, nil
}

// LookAt returns the type of the file at path for an expression that depends on whether it exists.
func (f *Files) LookAt(path string) (fs.FileMode, error) {
	mode, err := f.opts.Disk.Stat(path)
	f.NoteAsked(path, !errors.Is(err, fs.ErrNotExist))
	return mode, err
}

// NoteAsked notes that an expression depends on whether a path exists.
func (f *Files) NoteAsked(path string, existed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.existed[path] = existed
}

// differs reports whether the file at path has changed since it was read.
func (f *Files) differs(path string) bool {
	now, err := resource.FileBlob(path, f.opts.Disk.Open)
	return err != nil || !now.Same(f.read[path])
}
