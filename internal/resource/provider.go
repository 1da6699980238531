package resource

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"
)

// Provider makes one kind of thing what it is wanted to be.
//
// Values are sparse objects: a wanted value has the attributes that are
// managed, an observed one at least those of them that could be seen. Calls
// for different resources may come at the same time.
type Provider interface {
	// Observe looks and never writes. It returns [Absent] when the thing does
	// not exist, and an error when it cannot tell. Where the live value
	// satisfies the wanted one in other words, it returns the wanted words.
	Observe(ctx context.Context, want cty.Value) (have cty.Value, err error)

	// Apply makes c.Want true. It may be called on a machine that is half or
	// wholly there already. Cancelled, it leaves old or new, nothing between.
	Apply(ctx context.Context, c Change) error
}

// ErrMissing is wrapped by an error of Observe that means: a prerequisite of the
// resource (a unit, a user, a program) does not exist. A resource with a pending
// prerequisite is tentative then, and not a failure.
var ErrMissing = errors.New("does not exist")

// Absent is the observed value of a thing that does not exist.
var Absent = cty.NullVal(cty.DynamicPseudoType) //nolint:gochecknoglobals // a constant that Go cannot write

// Missing makes err one that is [ErrMissing], in the same words.
func Missing(err error) error { return marked{err, ErrMissing} }

// marked is an error that is another too, without saying so.
type marked struct {
	error
	as error
}

func (m marked) Unwrap() []error { return []error{m.error, m.as} }
