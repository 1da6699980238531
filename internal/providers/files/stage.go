package files

import (
	"converge/internal/fsys"
	"converge/resources"
)

// stageChange stages a change of an entry of any type.
func stageChange(s *staging) error {
	switch s.request.Type {
	case resources.TypeDirectory:
		return (&directoryStaging{s}).stage()
	case resources.TypeLink:
		return stageLink(s)
	}
	return (&fileStaging{s}).stage()
}

func stageLink(s *staging) error {
	r := s.request
	info, err := s.held.Lstat(r.path)
	switch {
	case isMissing(err) && r.IsAbsent():
		return nil
	case isMissing(err):
		info = fsys.Info{}
	case err != nil:
		return err
	case info.Type == fsys.Directory:
		return obstructed(r.path, info, "link", removeIt)
	case info.Type != fsys.Symlink && (r.IsAbsent() || !r.Force.Value):
		return obstructed(r.path, info, "link", forceIt)
	case info.Type == fsys.Regular:
		if info, err = s.txn.Look(r.path); err == nil {
			err = s.keepRegular(s.txn, r.path, info)
		}
		if err != nil {
			return err
		}
	}
	if r.IsAbsent() {
		return s.addStep(s.txn.Remove(r.path, info))
	}
	return s.addStep(s.txn.Symlink(r.path, r.Target.Bytes(), info))
}
