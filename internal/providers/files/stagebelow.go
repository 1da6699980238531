package files

import (
	"errors"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
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

// purgeBelow removes what the plan listed as undeclared, and nothing else. path is where the
// directory really is.
func (s *directoryStaging) purgeBelow(path string) error {
	list := decodePaths(s.change.seen.Undeclared)
	if len(list) == 0 {
		return nil
	}
	site, err := s.site.below(s.request.path)
	if err != nil {
		return err
	}
	recorded, err := s.listedBelow(path)
	if err != nil {
		return err
	}
	below := s.txn.Below(s.request.path)
	for _, at := range list {
		if site.isKept(at) {
			return fmt.Errorf("cannot remove %q: internal error: it is declared", at)
		}
		if err := s.purgeEntry(below, at, recorded); err != nil {
			return err
		}
	}
	return recorded.refuseGone(s.going)
}

// purgeEntry removes one entry, with all that is in it, if it is as it was listed.
func (s *directoryStaging) purgeEntry(below *fsys.Below, at string, list listed) error {
	info, err := below.Look(at)
	if isMissing(err) {
		return nil
	}
	now := resources.Listed{Path: at, Type: typeName(info.Type)}
	switch {
	case err != nil:
	case info.Type == fsys.Regular:
		now.Digest, err = s.keep.keepFile(s.ctx, below, at, info, s.change.isSecret())
	case info.Type == fsys.Symlink:
		now.Target, err = s.held.Readlink(at)
		now.Target = resource.EncodeBytes(now.Target)
	}
	if err == nil {
		err = list.refuse(strings.TrimPrefix(at, s.request.path), now)
	}
	if err != nil {
		return err
	}
	if info.Type != fsys.Directory {
		return s.addStep(below.Remove(at, info))
	}
	if err := s.keep.keepBelow(s.ctx, below, at, s.request.path, list); err != nil {
		return err
	}
	return s.addStep(below.RemoveAll(at))
}
