package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"converge/internal/resource"
)

// isEdited reports whether an orphan is not as converge left it.
func (o *Options) isEdited(ctx context.Context, s *orphanStep) bool {
	if s.made == nil {
		return s.Digest != "" && o.isRewritten(ctx, s.res, s.Digest)
	}
	unknown := s.Digest != "" && (s.Kind.Content(s.made.Want) == nil || s.Kind.IsContentReworded(s.made.Want))
	return s.isRemade(ctx) || unknown && o.isRewritten(ctx, s.res, s.Digest)
}

// isRewritten reports whether the live content is not the one that converge last wrote.
func (o *Options) isRewritten(ctx context.Context, gone *resource.Resource, digest string) bool {
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
	if a, _ := gone.Kind.Attr(gone.Kind.ContentAttr); a.Result != nil && live != nil && live.Size == 0 {
		return false // it was not observed, as with --root, or does not exist
	}
	return live == nil || !live.Same(written)
}

// reportReleased reports a thing that stays and that no later plan will list, with or without --prune.
func (r *applier) reportReleased(s *orphanStep) {
	if s.note != "" {
		r.warn(thingAddr(s.Orphan).String() + ": " + s.note)
	}
}

// editedSince releases an orphan, right before its removal, that was edited after the plan was made.
func (r *applier) editedSince(ctx context.Context, t task) bool {
	s := r.orphanAt[t.i]
	switch {
	case s == nil || t.now.Empty():
		return false
	case s.Digest == "" && s.sparesFilled(ctx, r.oneLine): // its parts are removed by now
		if s.release {
			r.releaseLate(s, s.note)
			return true
		}
		r.steps[s.node].state = off // failLeft reports it
		return true
	case !r.o.isEdited(ctx, s):
		return false
	}
	r.releaseLate(s, "changed since converge wrote it: released")
	return true
}

// staysAfter reports whether an error prevents for good that an orphan is removed or put back: an entry appeared in
// the directory meanwhile, or the thing that contained the orphan no longer exists. It releases the orphan then.
func (r *applier) staysAfter(i int, err error) bool {
	s := r.orphanAt[i]
	switch {
	case s == nil:
		return false
	case errors.Is(err, syscall.ENOTEMPTY):
		r.releaseLate(s, "no longer declared; kept and released, for it is not empty")
	case errors.Is(err, resource.ErrNoPlace):
		r.releaseLate(s, "released: "+r.oneLine(err))
	default:
		return false
	}
	return true
}

func (r *applier) releaseLate(s *orphanStep, note string) {
	s.release, s.note = true, note
	r.result.Released = append(r.result.Released, s.Key)
	r.steps[s.node].state = off
	r.reportReleased(s)
}
