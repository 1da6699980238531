package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"converge/internal/resource"
)

// isEdited reports whether the live content is not what converge last wrote.
func (o *Options) isEdited(ctx context.Context, gone *resource.Resource, digest string) bool {
	var written *resource.Blob
	if o.Written != nil {
		written = o.Written(digest)
	} else {
		written = resource.DigestBlob(digest, -1, func() (io.ReadCloser, error) {
			return nil, fmt.Errorf("content %s is known by its digest only", digest)
		})
	}
	probe := *gone
	probe.Want = gone.Kind.WantContent(gone.Want, written)
	have, err := observe(ctx, &probe)
	if err != nil {
		return true
	}
	live := gone.Kind.Content(have)
	return live == nil || !live.Same(written)
}

// reportReleased reports a thing that stays although its removal was planned.
func (r *applier) reportReleased(s *orphanStep) {
	if s.note != "" && r.o.Prune {
		r.warn(thingAddr(s.Orphan).String() + ": " + s.note)
	}
}

// editedSince releases an orphan that was edited after the plan was made, right
// before its removal.
func (r *applier) editedSince(ctx context.Context, t task) bool {
	s := r.orphanAt[t.i]
	if s == nil || s.Digest == "" || t.now.Empty() || !r.o.isEdited(ctx, s.res, s.Digest) {
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
