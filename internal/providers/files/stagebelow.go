package files

import (
	"errors"
	"fmt"

	"converge/internal/fsys"
)

// changeBelow gives owner and mode to exactly the entries that the plan listed. It
// is no part of the group, because a tree can be of any size; each entry is old
// or new, and the next run finishes an interrupted pass.
func (s *directoryStaging) changeBelow() error {
	list := decodePaths(s.change.seen.Differing)
	if len(list) == 0 {
		return nil
	}
	txn := s.fs.Begin(s.runID)
	below := txn.Below(s.request.path)
	defer func() { txn.Abort() }()
	var steps []*fsys.Step
	flush := func() error {
		errs := []error{txn.Commit(s.ctx)}
		for _, step := range steps {
			errs = append(errs, step.Err())
		}
		txn, steps = s.fs.Begin(s.runID), nil
		below = txn.Below(s.request.path)
		return errors.Join(errs...)
	}
	for _, at := range list {
		if txn.Dirs() >= maxDirs {
			if err := flush(); err != nil {
				return err
			}
		}
		step, err := s.changeEntry(below, at)
		if err != nil {
			return err
		}
		if step != nil {
			steps = append(steps, step)
		}
	}
	return flush()
}

// changeEntry stages what recurse does to one path; nil if there is nothing.
func (s *directoryStaging) changeEntry(below *fsys.Below, at string) (*fsys.Step, error) {
	info, err := below.Look(at)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	want := recursePermissions(&s.request.Permissions, info)
	perm, err := s.access.resolve(s.ctx, &want, permissionsOf(info), info.Type == fsys.Directory)
	if err != nil {
		return nil, fmt.Errorf("cannot change %q: %w", at, err)
	}
	return below.Chperm(at, info, perm), nil
}

// purgeBelow removes what the plan listed as undeclared, and nothing else.
func (s *directoryStaging) purgeBelow() error {
	list := decodePaths(s.change.seen.Undeclared)
	if len(list) == 0 {
		return nil
	}
	site, err := s.site.below(s.request.path)
	if err != nil {
		return err
	}
	below := s.txn.Below(s.request.path)
	for _, at := range list {
		if site.isKept(at) {
			return fmt.Errorf("cannot remove %q: internal error: it is declared", at)
		}
		if err := s.purgeEntry(below, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *directoryStaging) purgeEntry(below *fsys.Below, at string) error {
	info, err := below.Look(at)
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case info.Type == fsys.Directory:
		if err := s.keep.keepBelow(s.ctx, below, at); err != nil {
			return err
		}
		return s.addStep(below.RemoveAll(at))
	case info.Type == fsys.Regular:
		if err := s.keepRegular(below, at, info); err != nil {
			return err
		}
	}
	return s.addStep(below.Remove(at, info))
}
