package engine

import (
	"context"
	"fmt"
	"io"

	"converge/internal/resource"
)

// written returns the content whose digest the ledger holds.
func (r *run) written(digest string) *resource.Blob {
	if r.Written != nil {
		return r.Written(digest)
	}
	return resource.DigestBlob(digest, -1, func() (io.ReadCloser, error) {
		return nil, fmt.Errorf("content %s is known by its digest only", digest)
	})
}

// wasEdited reports whether the live content is not what converge last wrote.
func (r *run) wasEdited(ctx context.Context, gone *resource.Resource, digest string) bool {
	written := r.written(digest)
	probe := *gone
	probe.Want = gone.Kind.WantContent(gone.Want, written)
	have, err := observe(ctx, &probe)
	if err != nil {
		return true
	}
	live := gone.Kind.Content(have)
	return live == nil || !live.Same(written)
}
