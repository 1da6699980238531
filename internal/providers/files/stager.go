package files

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"converge/internal/fsys"
	"converge/internal/verify"
	"converge/resources"
)

// base is the common part of the provider's parts.
type base struct {
	fs       *fsys.FS
	held     *fsys.Held
	runID    string
	access   access
	contents *contents
	edits    *edits
	site     *declarations
	keep     keeping
	client   *http.Client
	checks   *verify.Checker
	brought  bool // what else the plan changes may make accounts, or free entries that nothing can remove now
}

// staging is one change that is being staged. It lives for one call.
type staging struct {
	*base
	ctx     context.Context //nolint:containedctx // of the one call it belongs to
	txn     *fsys.Txn
	change  *change
	request *request        // of the change
	going   map[string]bool // paths that the transaction removes
	folders map[string]bool // that the transaction has made above what it creates
	recorded

	steps []*fsys.Step
	made  []string // folders that were made on the way, the outermost first
	lasts bool     // some of the change has been made while it was staged, and stays
}

// addStep takes note of a step, and fails with it.
func (s *staging) addStep(step *fsys.Step) error {
	s.steps = append(s.steps, step)
	return step.Err()
}

// keepRegular saves the content of a file that is about to be replaced or removed, which must be
// the one of the record.
func (s *staging) keepRegular(in folder, path string, was fsys.Info) error {
	digest, err := s.keep.keepFile(s.ctx, in, path, was, s.change.isSecret())
	if err != nil {
		return err
	}
	return s.refuseOtherContent(path, digest)
}

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
	if err == nil || isMissing(err) {
		if err := s.refuseUnrecorded(location{path: r.path, info: info, gone: err != nil}); err != nil {
			return err
		}
	}
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
	if !r.Owner.Set && !r.Group.Set {
		return s.addStep(s.txn.Symlink(r.path, r.Target.Bytes(), info))
	}
	perm, err := s.access.resolve(s.ctx, &r.Permissions, fsys.Perm{UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}, false)
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", r.path, err)
	}
	return s.addStep(s.txn.Symlink(r.path, r.Target.Bytes(), info, perm))
}
