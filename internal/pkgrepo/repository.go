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
	"time"

	"converge/internal/fsys"
)

// repository is the folder while it is brought up to date.
type repository struct {
	ctx  context.Context
	root *os.Root
	o    Options
	keys keys
	now  time.Time
	log  func(what, file string) // a change, for people
}

// read returns a file of the repository, nil if there is none.
func (r *repository) read(name string) ([]byte, error) {
	f, err := r.root.Open(name)
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

// maxIndex is the size in bytes from which an index is taken for a mistake.
const maxIndex = 1 << 30

// write gives a file a content, if it has another, and reports whether it had.
func (r *repository) write(name string, content []byte) (bool, error) {
	if err := r.ctx.Err(); err != nil {
		return false, err
	}
	old, err := r.read(name)
	if err != nil || old != nil && bytes.Equal(old, content) {
		return false, err
	}
	r.log("write", name)
	if r.o.DryRun {
		return true, nil
	}
	return true, r.replace(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// replace writes a file as a whole: a reader finds the old content or the new
// one, and after a crash too.
func (r *repository) replace(name string, write func(w io.Writer) error) error {
	if err := r.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	staged := path.Join(path.Dir(name), stagedPrefix+path.Base(name))
	f, err := fsys.StageFile(r.root, fsys.Replacement{Staged: staged, Mode: 0o644, Exact: true, Sync: true})
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Discard()
		return err
	}
	return f.Commit(name)
}

// stagedPrefix begins the name of a file that is not complete.
const stagedPrefix = ".converge-repo-"

// copy files a package at a place, as it is.
func (r *repository) copy(p Package, place string) error {
	from, err := r.root.Open(p.file)
	if err != nil {
		return err
	}
	defer from.Close()
	err = r.replace(place, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
	if err == nil { // its age decides about pruning
		err = r.root.Chtimes(place, p.time, p.time)
	}
	return err
}

// remove removes a file, and says so.
func (r *repository) remove(name string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.log("remove", name)
	if r.o.DryRun {
		return nil
	}
	return r.root.Remove(name)
}

// list returns the files below a folder of the repository, links and what is
// being staged left out.
func (r *repository) list(dir string) (names []string, err error) {
	err = fs.WalkDir(r.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == dir:
			return nil
		case err != nil:
			return err
		case d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "."):
			names = append(names, name)
		}
		return r.ctx.Err()
	})
	return names, err
}

// removeOthers removes the files below a folder that are not kept: indexes that
// no index names any more.
func (r *repository) removeOthers(dir string, keep map[string]bool) error {
	names, err := r.list(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !keep[name] {
			if err := r.remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}
