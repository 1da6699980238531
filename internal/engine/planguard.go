package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// planGuard refuses what a saved plan has not shown, or has seen differently.
type planGuard struct {
	*progress
	o Options
}

// checkDestroyed updates, right before the effect of a step, the list of what it destroys, and refuses the step if the
// saved plan did not show all of that.
func (r *planGuard) checkDestroyed(ctx context.Context, t task) error {
	s := &r.steps[t.i]
	takes, err := takenBy(ctx, r.Resources[t.i], t.now)
	if err != nil {
		return err
	}
	was, saved := r.o.Saved[r.Resources[t.i].Addr]
	now := takes.removes
	s.setRemoves(now)
	if err := r.refuseProtected(ctx, t.i, t.now, takes); err != nil {
		return err
	}
	if !saved {
		return nil
	}
	if path, unshown := findUnshown(was.Removes, now); unshown {
		return fmt.Errorf("it would remove %s, which the plan does not show", path)
	}
	if r.generation > 0 || r.partChanged(t.i) {
		return nil // a change by an earlier step of this run was shown by the plan
	}
	destroyed := t.full.Destroyed(r.Resources[t.i].Kind)
	if destroyed.IsNull() {
		return nil
	}
	f, err := fingerprintDestroyed(ctx, destroyed, now, r.o.Digest)
	if err != nil {
		return err
	}
	if was.Destroys != "" && r.sealed(f) != was.Destroys {
		return errors.New("what it would destroy is not as it was when the plan was made")
	}
	return nil
}

// findUnshown returns the first path of now that is missing in shown.
func findUnshown(shown, now []string) (path string, found bool) {
	known := make(map[string]bool, len(shown))
	for _, p := range shown {
		known[p] = true
	}
	i := slices.IndexFunc(now, func(p string) bool { return !known[p] })
	if i < 0 {
		return "", false
	}
	return now[i], true
}

// isStale reports whether a saved plan saw the resource differently. After an opaque change of this run, a difference
// proves nothing.
func (r *planGuard) isStale(t task) bool {
	want, saved := r.o.Expect[r.Resources[t.i].Addr]
	if !saved || r.generation > 0 || r.Undo != nil && t.now.Empty() || r.partChanged(t.i) {
		return false
	}
	f, err := Fingerprint(t.now.Have)
	return err != nil || r.sealed(f) != want
}

// sealed is a fingerprint as the saved plan has it.
func (r *planGuard) sealed(fingerprint string) string {
	if r.o.Seal == nil {
		return fingerprint
	}
	return r.o.Seal(fingerprint)
}

// refresh updates a wanted content from its source file: a command of the run may have rewritten the source, and a
// plan made now would read it.
func (r *planGuard) refresh(i int) error {
	res := r.Resources[i]
	want, differs, err := resource.Refresh(res.Want)
	if err == nil && differs && r.o.Expect != nil {
		err = errors.New("its source was changed since the plan was made")
	}
	if err == nil && want != cty.NilVal {
		fresh := *res
		fresh.Want = want
		r.Resources[i] = &fresh
	}
	return err
}
