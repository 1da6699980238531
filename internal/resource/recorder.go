package resource

import (
	"context"

	"github.com/zclconf/go-cty/cty"
)

// Recorder is a Provider whose Observe does not return all that undoing a change
// needs: attributes of a removed thing that the manifest does not manage, or its
// content. The engine calls Record right before it journals the change; an error
// prevents the change.
type Recorder interface {
	// Record returns c.Have with everything else that undoing c needs, and the
	// things that c makes or replaces on the way: the folders above it, a backup.
	// All of these are [Change.Undeclared], with all that undoing them needs.
	Record(ctx context.Context, c Change) (prior cty.Value, also []Change, err error)
}
