package execute

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// explainChange adds to an error that the tree differs from the plan, if that is the cause.
func explainChange(err error) error {
	var e *fsys.Error
	if !errors.As(err, &e) || e.Hint != "" {
		return err
	}
	switch {
	case errors.Is(e.Err, unix.ELOOP) || errors.Is(e.Err, unix.ENOTDIR):
		return &fsys.Error{Verb: e.Verb, Path: e.Path, Err: ErrChanged, Hint: "there is no directory, or a link in its place"}
	case errors.Is(e.Err, fs.ErrNotExist):
		return &fsys.Error{Verb: e.Verb, Path: e.Path, Err: ErrChanged, Hint: "it is gone"}
	}
	return err
}

// notEmptyError names an entry that prevents the removal of a directory.
func notEmptyError(d *fsys.Dir, name string) error {
	e := &fsys.Error{Verb: "remove", Path: pathOf(d, name), Err: unix.ENOTEMPTY}
	sub, err := d.OpenDir(name)
	if err != nil {
		return e
	}
	defer sub.Close()
	if list, err := sub.Entries(); err == nil && len(list) > 0 {
		e.Err, e.Hint = ErrChanged, "it holds "+quote(list[0].Name)
	}
	return e
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// checkReads checks that a link has the planned text.
func checkReads(d *fsys.Dir, verb, name, text string) error {
	ok, err := d.Reads(name, text)
	if err == nil && !ok {
		err = changedError(d, verb, name)
	}
	return err
}

// changedError reports that the entry at name differs from the plan.
func changedError(d *fsys.Dir, verb, name string) error {
	e := &fsys.Error{Verb: verb, Path: pathOf(d, name), Err: ErrChanged}
	switch t, text, err := d.Look(name); {
	case err != nil:
	case t == fsys.Nothing:
		e.Hint = "it is gone"
	case t == fsys.Symlink:
		e.Hint = "it is a link that reads " + quote(text)
	default:
		e.Hint = "it is " + t.String()
	}
	return e
}
