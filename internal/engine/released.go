package engine

import (
	"context"
	"errors"
	"syscall"
)

// reportReleased reports a thing that stays although its removal was planned.
func (r *applier) reportReleased(s *orphanStep) {
	if s.note != "" && r.Prune {
		r.warn(thingAddr(s.Orphan).String() + ": " + s.note)
	}
}

// editedSince releases an orphan that was edited after the plan was made, right
// before its removal.
func (r *applier) editedSince(ctx context.Context, t task) bool {
	s := r.orphanAt[t.i]
	if s == nil || s.Digest == "" || t.now.Empty() || !r.written.isEdited(ctx, s.res, s.Digest) {
		return false
	}
	r.releaseLate(s, "changed since converge wrote it: released")
	return true
}

// stayedFull reports whether a removal failed because an entry appeared in the
// directory meanwhile. It releases the directory then.
func (r *applier) stayedFull(i int, err error) bool {
	s := r.orphanAt[i]
	if s == nil || !errors.Is(err, syscall.ENOTEMPTY) {
		return false
	}
	r.releaseLate(s, "no longer declared; kept and released, for it is not empty")
	return true
}

func (r *applier) releaseLate(s *orphanStep, note string) {
	s.release, s.note = true, note
	r.result.Released = append(r.result.Released, s.Key)
	r.steps[s.node].state = off
	r.reportReleased(s)
}
