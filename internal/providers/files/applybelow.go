package files

import (
	"context"
	"errors"
	"fmt"
	"os"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// folder looks at files for a change: a whole group, or the tree below a
// directory.
type folder interface {
	Look(path string) (fsys.Info, error)
	Open(path string, was fsys.Info) (*os.File, error)
	Walk(ctx context.Context, path string, visit func(e fsys.Entry) error) error
}

// keepBelow saves every file below path.
func (c *change) keepBelow(in folder, path string) error {
	if c.p.o.Keep == nil {
		return nil
	}
	return in.Walk(c.ctx, path, func(e fsys.Entry) error {
		if e.Type != fsys.Regular {
			return nil
		}
		f, err := e.Open()
		if err != nil {
			return err
		}
		return c.keepFile(f)
	})
}

// keep saves the content of a file that is about to go.
func (c *change) keep(in folder, path string, was fsys.Info) error {
	if c.p.o.Keep == nil {
		return nil
	}
	f, err := in.Open(path, was)
	if err != nil {
		return err
	}
	return c.keepFile(f)
}

func (c *change) keepFile(f *os.File) error {
	defer f.Close()
	_, err := c.p.o.Keep.KeepFile(c.ctx, f)
	return err
}

// namesOf are the paths in an observed list.
func namesOf(list resource.Opt[[]string]) []string {
	names := make([]string, len(list.Value))
	for i, name := range list.Value {
		names[i] = resource.DecodeBytes(name)
	}
	return names
}

// found is what recurse and purge were planned for.
func (c *change) found() found {
	if c.c.Have == nil {
		return found{}
	}
	return found{differing: namesOf(c.c.Have.Differing), undeclared: namesOf(c.c.Have.Undeclared)}
}

// recurse gives owner and mode to exactly the entries that the plan listed. It
// is no part of the group, because a tree can be of any size; each entry is old
// or new, and the next run finishes an interrupted pass.
func (c *change) recurse() error {
	list := c.found().differing
	if len(list) == 0 || !c.c.Want.Recurse.Value {
		return nil
	}
	top := c.c.Want.Path.Bytes()
	txn := c.p.fs.Begin(c.p.o.RunID)
	below := txn.Below(top)
	defer func() { txn.Abort() }()
	var steps []*fsys.Step
	flush := func() error {
		errs := []error{txn.Commit(c.ctx)}
		for _, s := range steps {
			errs = append(errs, s.Err())
		}
		txn, steps = c.p.fs.Begin(c.p.o.RunID), nil
		below = txn.Below(top)
		return errors.Join(errs...)
	}
	for _, at := range list {
		if txn.Dirs() >= maxDirs {
			if err := flush(); err != nil {
				return err
			}
		}
		step, err := c.recurseOne(below, at)
		if err != nil {
			return err
		}
		if step != nil {
			steps = append(steps, step)
		}
	}
	return flush()
}

// recurseOne stages what recurse does to one path; nil if there is nothing.
func (c *change) recurseOne(below *fsys.Below, at string) (*fsys.Step, error) {
	info, err := below.Look(at)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	live := fsys.Perm{Mode: info.Mode, UID: info.UID, GID: info.GID}
	perm, err := c.p.wantPerm(c.ctx, recursed(&c.c.Want, info), live, info.Type == fsys.Directory)
	if err != nil {
		return nil, fmt.Errorf("cannot change %q: %w", at, err)
	}
	return below.Chperm(at, info, perm), nil
}

// purge removes what the plan listed as undeclared, and nothing else.
func (c *change) purge() error {
	list := c.found().undeclared
	if len(list) == 0 || !c.c.Want.Purge.Value {
		return nil
	}
	top := c.c.Want.Path.Bytes()
	site, err := c.p.declaredBelow(top)
	if err != nil {
		return err
	}
	below := c.txn.Below(top)
	for _, at := range list {
		if site.keeps(at) {
			return fmt.Errorf("cannot remove %q: internal error: it is declared", at)
		}
		if err := c.purgeOne(below, at); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) purgeOne(below *fsys.Below, at string) error {
	info, err := below.Look(at)
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case info.Type == fsys.Directory:
		if err := c.keepBelow(below, at); err != nil {
			return err
		}
		return c.add(below.RemoveAll(at))
	case info.Type == fsys.Regular:
		if err := c.keep(below, at, info); err != nil {
			return err
		}
	}
	return c.add(below.Remove(at, info))
}
