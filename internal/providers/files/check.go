package files

import (
	"context"
	"errors"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
)

// checker runs the manifest's check before a change is made. It discards what it stages; applyAll checks again what it
// puts in place.
type checker struct{ *base }

// stageAlone stages one change without the others of its group, and passes it to do before it discards it.
func (k checker) stageAlone(ctx context.Context, c *change, do func(s *staging) error) error {
	txn := k.fs.Begin(k.runID)
	defer txn.Abort()
	return do(&staging{base: k.base, ctx: ctx, txn: txn, change: c, request: &c.request})
}

// checkBefore stages the new content and runs the check on it.
func (k checker) checkBefore(ctx context.Context, c *change) error {
	if v, set := c.checkOfSet(); set {
		return k.checks.Forecast(ctx, v, k.base, resource.Outlook{Ask: resource.AskCheck}).Blocked
	}
	if !c.request.Verify.Set || c.Action == resource.Delete || !c.Differs("content") && c.Action != resource.Create {
		return nil
	}
	// A run that was killed here left no record of the candidate's path in its
	// journal.
	if _, err := k.fs.Sweep(ctx, []string{parentOf(c.request.path)}); err != nil {
		return err
	}
	return k.stageAlone(ctx, c, stageChange)
}

// checkCandidate runs the check of a change on one candidate for path, if the check concerns that.
func (b *base) checkCandidate(ctx context.Context, c *change, path string, candidate func() string) (err error) {
	v, set := c.check()
	if !set || !v.NamesPath() {
		return nil
	}
	v.Path = path
	c.warned, err = b.checks.CheckFile(ctx, v, candidate())
	return err
}

// forecastCheck runs the check of a file on its future content. A check that refuses the content foretells a failure,
// and so does one whose program does not exist; other obstacles may be gone when the file is written.
func (k checker) forecastCheck(ctx context.Context, c *change) error {
	content := c.request.Content
	if content == nil || !verify.NamesPath(c.request.Verify.Value) || !c.Differs("content") || content.Size < 0 {
		return nil
	}
	var err error
	if !k.checks.Inside() { // a tree has no /proc to find it in
		err = k.checkInMemory(ctx, c, content)
		if errors.Is(err, resource.ErrMissing) {
			return err
		}
		if !errors.Is(err, verify.ErrRefused) {
			return nil
		}
	}
	// The result may depend on the path or the name of the file, so a refused
	// candidate is checked again beside the file. An accepted one needs no second
	// check.
	if err = k.stageAlone(ctx, c, checkBeside); errors.Is(err, verify.ErrRefused) || errors.Is(err, resource.ErrMissing) {
		return err
	}
	return nil
}

func (k checker) checkInMemory(ctx context.Context, c *change, content *resource.Blob) error {
	r, err := content.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	m, err := fsys.NewInMemory(r)
	if err != nil {
		return err
	}
	defer m.Close()
	return k.checkCandidate(ctx, c, c.request.path, func() string { return m.Path })
}

// checkBeside checks the content in a candidate beside the file.
func checkBeside(s *staging) error {
	file := fileStaging{s}
	at, err := locateFile(s.held, s.request, s.txn.Look)
	if err != nil {
		return err
	}
	if at.gone {
		at.info = fsys.Info{}
	}
	perm, err := file.resolvePermissions(at)
	if err != nil {
		return err
	}
	step, err := file.stageContent(at, perm, s.request.Content, nil)
	if err != nil {
		return err
	}
	return s.checkCandidate(s.ctx, s.change, at.path, func() string { return s.txn.Candidate(step) })
}
