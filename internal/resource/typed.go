package resource

import (
	"context"

	"github.com/zclconf/go-cty/cty"
)

// TypedProvider is a [Provider] of one kind, in terms of the kind's struct.
type TypedProvider[T any] interface {
	// Observe is [Provider.Observe]. It returns nil when the thing does not exist.
	Observe(ctx context.Context, want T) (*T, error)

	// Apply is [Provider.Apply].
	Apply(ctx context.Context, c TypedChange[T]) error
}

// TypedChange is a [Change] with decoded values.
type TypedChange[T any] struct {
	Change
	Have *T // nil: the thing does not exist
	Want T
}

// TypeChange decodes the values of a change.
func TypeChange[T any](c Change) (TypedChange[T], error) {
	out := TypedChange[T]{Change: c}
	var err error
	if out.Want, err = Decode[T](c.Want); err != nil {
		return out, err
	}
	if c.Have != cty.NilVal && !c.Have.IsNull() {
		have, err := DecodeRecorded[T](c.Have)
		if err != nil {
			return out, err
		}
		out.Have = &have
	}
	return out, nil
}

// Typed returns the [Provider] of a kind with the struct T.
func Typed[T any](impl TypedProvider[T]) Provider { return typed[T]{impl} }

type typed[T any] struct{ impl TypedProvider[T] }

func (p typed[T]) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return ObserveTyped(ctx, want, p.impl.Observe)
}

// ObserveTyped is [Provider.Observe] for observe, which returns nil when the thing
// does not exist.
func ObserveTyped[T any](ctx context.Context, want cty.Value, observe func(ctx context.Context, want T) (*T, error)) (cty.Value, error) {
	t, err := Decode[T](want)
	if err != nil {
		return cty.NilVal, err
	}
	have, err := observe(ctx, t)
	switch {
	case err != nil:
		return cty.NilVal, err
	case have == nil:
		return Absent, nil
	}
	return Encode(*have), nil
}

func (p typed[T]) Apply(ctx context.Context, c Change) error {
	t, err := TypeChange[T](c)
	if err != nil {
		return err
	}
	return p.impl.Apply(ctx, t)
}

// Reading returns f for a value of the kind with the struct T. The value is a
// wanted one of the kind: see [Must].
func Reading[T, R any](f func(want T) R) func(cty.Value) R {
	return func(want cty.Value) R { return f(Must[T](want)) }
}
