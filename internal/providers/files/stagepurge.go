package files

import (
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

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
	recorded, err := s.listGoing(path)
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
func (s *directoryStaging) purgeEntry(below *fsys.Below, at string, list *listed) error {
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
		err = list.refuse("remove", strings.TrimPrefix(at, s.request.path), now, info)
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
