package engine

import (
	"context"
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// written returns the content whose digest the ledger holds.
func (r *run) written(digest string) *resources.Blob {
	if r.Written != nil {
		return r.Written(digest)
	}
	return resources.DigestBlob(digest, -1, func() (io.ReadCloser, error) {
		return nil, fmt.Errorf("content %s is known by its digest only", digest)
	})
}

// wasEdited reports whether the live content is not what converge last wrote.
func (r *run) wasEdited(ctx context.Context, gone *resources.Resource, digest string) bool {
	if resources.StringAttr(gone.Want, "type") == resources.TypeLink {
		return r.wasTurned(ctx, gone, digest)
	}
	written := r.written(digest)
	probe := *gone
	probe.Want = resources.With(resources.With(gone.Want, "ensure", cty.StringVal("present")), "content", resources.BlobVal(written))
	have, err := observe(ctx, &probe)
	return err != nil || !resources.Diff(&probe, have).Empty()
}

// wasTurned reports whether a link leads elsewhere than converge had it lead.
func (r *run) wasTurned(ctx context.Context, gone *resources.Resource, digest string) bool {
	probe := *gone
	probe.Want = resources.With(resources.With(gone.Want, "ensure", cty.StringVal("present")), "target", cty.StringVal(""))
	have, err := observe(ctx, &probe)
	if err != nil {
		return true
	}
	now, err := resources.LinkText(have).Digest()
	return err != nil || now != digest
}
