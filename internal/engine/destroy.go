package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/graph"
	"converge/internal/resource"
)

// removedBy are the paths of all that a change removes besides what it is about.
func (r *run) removedBy(ctx context.Context, i int, c resource.Change) ([]string, error) {
	if c.Action != resource.Delete && c.Action != resource.Update {
		return nil, nil
	}
	found := review(ctx, r.Resources[i], c, resource.Outlook{Ask: resource.AskRemoval})
	return found.Removes, found.Blocked
}

// checkDestroyed updates, right before the effect of a step, the list of what it
// destroys, and refuses it if the saved plan did not show all of that.
func (r *run) checkDestroyed(ctx context.Context, t task) error {
	s := &r.steps[t.i]
	now, err := r.removedBy(ctx, t.i, t.now)
	if err != nil {
		return err
	}
	was, saved := r.Saved[r.Resources[t.i].Addr]
	s.removes = now
	if !saved {
		return nil
	}
	for _, path := range now {
		if !slices.Contains(was.Removes, path) {
			return fmt.Errorf("it would remove %s, which the plan does not show", path)
		}
	}
	if r.generation > 0 || r.partChanged(t.i) {
		return nil // what an earlier step of this run changed is as the plan has shown
	}
	f, err := fingerprintDestroyed(ctx, t.full.Have, now, r.Digest)
	if err != nil {
		return err
	}
	if was.Destroys != "" && r.sealed(f) != was.Destroys {
		return errors.New("what it would destroy is not as it was when the plan was made")
	}
	return nil
}

// isStale reports whether a saved plan saw the resource differently. After an
// opaque change of this very run that proves nothing.
func (r *run) isStale(t task) bool {
	want, saved := r.Expect[r.Resources[t.i].Addr]
	if !saved || r.generation > 0 || r.Undo != nil && t.now.Empty() || r.partChanged(t.i) {
		return false
	}
	f, err := Fingerprint(t.now.Have)
	return err != nil || r.sealed(f) != want
}

// sealed is a fingerprint as the saved plan has it.
func (r *run) sealed(fingerprint string) string {
	if r.Seal == nil {
		return fingerprint
	}
	return r.Seal(fingerprint)
}

// partChanged reports whether this run has changed what a thing is made of that a
// package may bring: it could not be seen as it is before that.
func (r *run) partChanged(i int) (found bool) {
	res := r.Resources[i]
	if r.effects == 0 || len(lateNeeds(res)) == 0 {
		return false
	}
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		found = r.steps[e.From].state == changed
		return !found
	})
	return found
}
