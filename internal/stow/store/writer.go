package store

import (
	"errors"
	"io/fs"

	"converge/internal/fsys"
)

// Writer changes state one step at a time: recovery can continue after a kill
// between any two steps.
type Writer struct{ cfg *Settings }

// Step makes one change.
func (w Writer) Step(name string, change func() error) error {
	if w.cfg.BeforeStep != nil {
		if err := w.cfg.BeforeStep(name); err != nil {
			return err
		}
	}
	return change()
}

// Sync makes the entries of d durable, unless that is left to the kernel.
func (w Writer) Sync(d *fsys.Dir) error {
	if w.cfg.NoSync {
		return nil
	}
	return d.Sync()
}

// EnsureDir opens a directory, and makes it if there is none.
func (w Writer) EnsureDir(d *fsys.Dir, name string) (*fsys.Dir, error) {
	sub, err := d.OpenDir(name)
	if !isMissing(err) {
		return sub, err
	}
	err = w.Step("mkdir "+name, func() error { return d.Mkdir(name, 0o777) })
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return nil, err
	}
	return d.OpenDir(name)
}

// replaceFile makes a file, or gives it new contents at one moment.
func (w Writer) replaceFile(d *fsys.Dir, name, text string) error {
	return fsys.ReplaceFile(fsys.InDir(d), name, []byte(text), fsys.Replacement{Staged: name + ".new", Mode: 0o644, Sync: !w.cfg.NoSync})
}
