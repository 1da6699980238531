package pkgrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"converge/internal/fsys"
)

// files reads files of the folder, and replaces them as a whole.
type files struct {
	ctx    context.Context
	root   *os.Root
	dryRun bool                    // change nothing
	log    func(what, file string) // reports a change to the user
}

// read returns a file of the repository, nil if there is none.
func (d *files) read(name string) ([]byte, error) {
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err == nil && len(b) > maxIndex {
		err = fmt.Errorf("%s has more than %d bytes", name, maxIndex)
	}
	return b, err
}

// maxIndex is the size in bytes above which an index counts as a mistake.
const maxIndex = 1 << 30

// write sets the content of a file, and reports whether it differed.
func (d *files) write(name string, content []byte) (bool, error) {
	if err := d.ctx.Err(); err != nil {
		return false, err
	}
	old, err := d.read(name)
	if err != nil || old != nil && bytes.Equal(old, content) {
		return false, err
	}
	d.log("write", name)
	if d.dryRun {
		return true, nil
	}
	return true, d.replace(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// replace writes a file as a whole: a reader finds the old content or the new one, also after a crash.
func (d *files) replace(name string, write func(w io.Writer) error) error {
	if err := d.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	staged := path.Join(path.Dir(name), stagedPrefix+path.Base(name))
	f, err := fsys.StageFile(d.root, fsys.Replacement{Staged: staged, Mode: 0o644, Exact: true, Sync: true})
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Discard()
		return err
	}
	return f.Commit(name)
}

// stagedPrefix begins the name of an incomplete file.
const stagedPrefix = ".converge-repo-"

// copy copies a package to a path, unchanged.
func (d *files) copy(p Package, place string) error {
	from, err := d.root.Open(p.file)
	if err != nil {
		return err
	}
	defer from.Close()
	err = d.replace(place, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
	if err == nil { // pruning depends on its age
		err = d.root.Chtimes(place, p.time, p.time)
	}
	return err
}

// remove removes a file, and reports it.
func (d *files) remove(name string) error { return d.removeAs("remove", name) }

// removeAs removes a file, and reports it as what.
func (d *files) removeAs(what, name string) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	d.log(what, name)
	if d.dryRun {
		return nil
	}
	return d.root.Remove(name)
}

// list returns the files below a folder of the repository, except links and staged files.
func (d *files) list(dir string) (names []string, err error) {
	err = fs.WalkDir(d.root.FS(), dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == dir:
			return nil
		case err != nil:
			return err
		case entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), "."):
			names = append(names, name)
		}
		return d.ctx.Err()
	})
	return names, err
}

// removeOthers removes the files below a folder that are not in keep: index files that no index names any more.
func (d *files) removeOthers(dir string, keep map[string]bool) error {
	names, err := d.list(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !keep[name] {
			if err := d.remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}
