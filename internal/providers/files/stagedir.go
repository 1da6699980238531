package files

import (
	"fmt"
	"slices"

	"converge/internal/fsys"
)

// directoryStaging stages the change of a directory.
type directoryStaging struct{ *staging }

func (s *directoryStaging) stage() error {
	r := s.request
	path := r.path
	info, err := s.held.Lstat(path)
	if err == nil && info.Type == fsys.Symlink {
		path, info, err = s.held.Resolve(path)
	}
	if err == nil || isMissing(err) {
		if err := s.refuseUnrecorded(location{path: path, info: info, gone: err != nil}); err != nil {
			return err
		}
	}
	switch {
	case isMissing(err) && r.IsAbsent():
		return nil
	case isMissing(err):
		return s.makeDirectory(path)
	case err != nil:
		return err
	case info.Type != fsys.Directory:
		return obstructed(path, info, "directory", removeIt)
	case r.IsAbsent():
		return s.removeDirectory(path)
	}
	return s.changeDirectory(path)
}

// changeDirectory stages owner and mode of an existing directory, and the effects of recurse and purge below it.
func (s *directoryStaging) changeDirectory(path string) error {
	info, err := s.txn.Look(path)
	if err != nil {
		return err
	}
	perm, err := s.access.resolve(s.ctx, &s.request.Permissions, permissionsOf(info), true)
	if err != nil {
		return fmt.Errorf("cannot change %q: %w", path, err)
	}
	if err := s.refuseOtherAccess(location{path: path, info: info}, perm); err != nil {
		return err
	}
	if s.request.Purge.Value { // first, for it may refuse, and what recurse does is made at once
		if err := s.purgeBelow(path); err != nil {
			return err
		}
	}
	if s.request.Recurse.Value {
		if err := s.changeBelow(); err != nil {
			return err
		}
	}
	if perm == permissionsOf(info) {
		return nil
	}
	return s.addStep(s.txn.Chperm(path, info, perm))
}

func (s *directoryStaging) makeDirectory(path string) error {
	if s.request.Parents.Value {
		if err := s.makeParents(path); err != nil {
			return err
		}
	}
	want := &s.request.Permissions
	base, err := s.txn.InheritedDir(path)
	if err != nil {
		return err
	}
	base.Mode |= 0o755
	perm, err := s.access.resolve(s.ctx, want, base, true)
	if err == nil && perm.UID != base.UID { // the owner of its parent does not matter
		if base, err = s.txn.Inherited(path); err != nil {
			return err
		}
		base.Mode |= 0o755
		perm, err = s.access.resolve(s.ctx, want, base, true)
	}
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", path, err)
	}
	xattrs, err := parseXattrs(want)
	if err != nil {
		return err
	}
	return s.addStep(s.txn.Dir(path, perm, xattrs...))
}

func (s *directoryStaging) removeDirectory(path string) error {
	if s.request.Purge.Value {
		list, err := s.listGoing(path)
		if err == nil {
			err = s.keep.keepBelow(s.ctx, s.txn, path, path, list)
		}
		if err == nil {
			err = list.refuseGone(s.going)
		}
		if err != nil {
			return err
		}
		return s.addStep(s.txn.RemoveAll(path))
	}
	names, err := s.fs.Names(path)
	if err != nil {
		return err
	}
	if stay := slices.DeleteFunc(names, func(n string) bool { return s.going[path+"/"+n] }); len(stay) > 0 {
		if s.request.IfEmpty.Value {
			return nil // Observe reports that
		}
		return notEmpty(path, stay)
	}
	info, err := s.txn.Look(path)
	if err != nil {
		return err
	}
	return s.addStep(s.txn.Remove(path, info))
}
