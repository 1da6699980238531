package engine

import (
	"context"
	"fmt"
	"io"

	"converge/internal/resource"
)

// lastWritten returns the content for a digest of the ledger; nil: all digests are
// plain.
type lastWritten func(digest string) *resource.Blob

// blob returns the content whose digest the ledger holds.
func (w lastWritten) blob(digest string) *resource.Blob {
	if w != nil {
		return w(digest)
	}
	return resource.DigestBlob(digest, -1, func() (io.ReadCloser, error) {
		return nil, fmt.Errorf("content %s is known by its digest only", digest)
	})
}

// isEdited reports whether the live content is not what converge last wrote.
func (w lastWritten) isEdited(ctx context.Context, gone *resource.Resource, digest string) bool {
	written := w.blob(digest)
	probe := *gone
	probe.Want = gone.Kind.WantContent(gone.Want, written)
	have, err := observe(ctx, &probe)
	if err != nil {
		return true
	}
	live := gone.Kind.Content(have)
	return live == nil || !live.Same(written)
}
