package files

import (
	"errors"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// changeBelow sets owner and mode of exactly the entries that the plan listed. It is not part of the group, because a
// tree can have any size; each entry is old or new, and the next run completes an interrupted pass.
func (s *directoryStaging) changeBelow() error {
	list := decodePaths(s.change.seen.Differing)
	if len(list) == 0 {
		return nil
	}
	recorded, err := s.listBelow(s.request.path, false)
	if err != nil {
		return err
	}
	txn := s.fs.Begin(s.runID)
	below := txn.Below(s.request.path)
	defer func() { txn.Abort() }()
	var steps []*fsys.Step
	flush := func() error {
		errs := []error{txn.Commit(s.ctx)}
		for _, step := range steps {
			errs = append(errs, step.Err())
			s.lasts = s.lasts || step.Err() == nil
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
		step, err := s.changeEntry(below, at, recorded)
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
func (s *directoryStaging) changeEntry(below *fsys.Below, at string, list *listed) (*fsys.Step, error) {
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
	if info.Type == fsys.Regular && losesGrants(permissionsOf(info), perm) { // recurse hands down none of these bits
		perm.Mode &^= setID
	}
	if perm == permissionsOf(info) {
		return nil, nil
	}
	now := resources.Listed{Path: at, Type: typeName(info.Type)}
	if err := list.refuse("change", strings.TrimPrefix(at, s.request.path), now, info); err != nil {
		return nil, err
	}
	return below.Chperm(at, info, perm), nil
}
