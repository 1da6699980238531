package execute

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// Recover finishes what a killed run left incomplete, and removes what it staged. It reports whether there was anything;
// if not, that took one system call. Everything that the run put in place stays: planning and running again completes
// it. The caller holds the lock of the target.
//
// It removes only links, directories and second names of files, and stops with
// ErrForeign at anything else.
func Recover(ctx context.Context, target *fsys.Dir) (found bool, err error) {
	d, err := target.OpenDir(Staging)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP):
		return true, &fsys.Error{Verb: "recover", Path: pathOf(target, Staging), Err: ErrForeign}
	case err != nil:
		return true, err
	}
	defer d.Close()
	if err := lockStaging(d); err != nil {
		return true, err
	}
	if err := checkOwner(target, d); err != nil {
		return true, err
	}
	return true, (&recovery{target: target, dir: d}).clearAll(ctx)
}

// Interrupted reports whether Recover has work to do.
func Interrupted(target *fsys.Dir) (bool, error) {
	t, _, err := target.Look(Staging)
	return t != fsys.Nothing, err
}

// checkOwner checks the owner of the records: they are carried out, so their writer must have the rights to make these
// changes directly.
func checkOwner(target, d *fsys.Dir) error {
	t, err := target.Self()
	if err != nil {
		return err
	}
	s, err := d.Self()
	if err != nil {
		return err
	}
	if s.UID != 0 && s.UID != t.UID && s.UID != uint32(os.Geteuid()) {
		return &fsys.Error{Verb: "recover", Path: d.Path(), Err: ErrForeign, Hint: "it belongs to another user"}
	}
	return nil
}

// recovery clears one staging directory.
type recovery struct {
	target, dir *fsys.Dir
}

// clearAll carries out the records, exchanges before staged entries, and removes them last: if it is killed, it can be
// repeated.
func (r *recovery) clearAll(ctx context.Context) error {
	records, staged, err := r.listRecords()
	if err != nil {
		return err
	}
	for _, name := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.carryOut(name); err != nil {
			return err
		}
	}
	for _, name := range append(staged, records...) {
		if err := unlessMissing(removeTree(r.dir, name)); err != nil {
			return err
		}
	}
	return unlessMissing(r.target.Rmdir(Staging))
}

// listRecords separates records, in the order of carrying them out, from staged entries.
func (r *recovery) listRecords() (records, staged []string, err error) {
	list, err := r.dir.Entries()
	if err != nil {
		return nil, nil, err
	}
	var others []string
	for _, e := range list {
		switch name := e.Name; {
		case name == newName || name == oldName:
			staged = append(staged, name)
		case e.Type == fsys.Symlink && isExchange(name):
			records = append(records, name)
		case e.Type == fsys.Symlink && (name == recordAdopt || name == recordCopy || strings.HasPrefix(name, recordBeside)):
			others = append(others, name)
		default:
			return nil, nil, &fsys.Error{Verb: "remove", Path: pathOf(r.dir, name), Err: ErrForeign}
		}
	}
	return append(records, others...), staged, nil
}

func isExchange(record string) bool {
	return record == recordUnfold || record == recordRefold || record == recordMelt
}
