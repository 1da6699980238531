package fsys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Rewriting describes a change of a file that is read and written as a whole.
type Rewriting struct {
	Tag  string // part of the staged file's name
	Path string // a link there is followed
	Max  int64  // the largest file that is read, in bytes
	Edit func(text []byte) ([]byte, error)

	KeepsEmpty bool // a file without any text left stays
}

// Rewrite replaces a file by the result of an edit, and keeps its mode and owner. A missing file counts as empty and is
// made with mode 0644. A file without any text left is removed unless KeepsEmpty; an unchanged file is not written.
func (f *FS) Rewrite(ctx context.Context, r Rewriting) error {
	at, err := f.Resolve(r.Path)
	if errors.Is(err, fs.ErrNotExist) {
		at, err = r.Path, nil
	}
	if err != nil {
		return err
	}
	txn := f.Begin(r.Tag)
	defer txn.Abort()
	live, err := txn.Look(at)
	var text []byte
	switch {
	case errors.Is(err, fs.ErrNotExist):
		live = Info{Mode: 0o644}
	case err == nil && live.Type != Regular:
		return fmt.Errorf("cannot write %q: it is %s", at, live.Type)
	case err == nil:
		text, err = f.ReadFile(at, r.Max)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now, err := r.Edit(text)
	var step *Step
	switch {
	case err != nil || string(now) == string(text) && (text != nil || !r.KeepsEmpty):
		return err
	case len(now) > 0 || r.KeepsEmpty:
		step = txn.File(at, live, File{Perm: Perm{Mode: live.Mode, UID: live.UID, GID: live.GID}, Bytes: now})
	default:
		step = txn.Remove(at, live)
	}
	return f.hintFolder(errors.Join(txn.Commit(ctx), step.Err()), at)
}

// hintFolder suggests a declaration of the missing folder of a file that cannot be written.
func (f *FS) hintFolder(err error, file string) error {
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := path.Dir(file)
	if _, missing := f.Stat(dir); errors.Is(missing, fs.ErrNotExist) {
		e.Hint = fmt.Sprintf("there is no directory %q; declare it: directory %q {}", dir, dir)
	}
	return err
}
