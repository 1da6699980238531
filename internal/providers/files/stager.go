package files

import (
	"context"
	"net/http"

	"converge/internal/fsys"
)

// stager is what staging a change takes.
type stager struct {
	fs       *fsys.FS
	held     *fsys.Held
	runID    string
	access   access
	contents *contents
	edits    *edits
	site     *declarations
	keep     keeping
	client   *http.Client
}

// staging is one change that is being staged. It lives for one call.
type staging struct {
	*stager
	ctx     context.Context //nolint:containedctx // of the one call it is part of
	txn     *fsys.Txn
	change  *change
	request *request        // of the change
	going   map[string]bool // paths that the transaction removes

	steps []*fsys.Step
}

// addStep takes note of a step, and fails with it.
func (s *staging) addStep(step *fsys.Step) error {
	s.steps = append(s.steps, step)
	return step.Err()
}

// keepRegular saves the content of a file that is about to be replaced or removed.
func (s *staging) keepRegular(in folder, path string, was fsys.Info) error {
	return s.keep.keepFile(s.ctx, in, path, was)
}
