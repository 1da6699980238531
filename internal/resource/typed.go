package resource

import (
	"context"

	"github.com/zclconf/go-cty/cty"
)

// Opt is the value of an attribute that a manifest may leave unset. Where Set
// is false, the attribute is not managed and Value is the zero value.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Some returns v as a set attribute.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// NonEmpty returns s as a set attribute, and one that is not set if s is empty.
func NonEmpty[T ~string](s T) Opt[T] { return Opt[T]{Value: s, Set: s != ""} }

// Or returns the value, or unset if the attribute is not set.
func (o Opt[T]) Or(unset T) T {
	if o.Set {
		return o.Value
	}
	return unset
}

// Pointer returns a pointer to the value, nil if the attribute is not set.
func (o Opt[T]) Pointer() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// Text is a text attribute that represents bytes (see [EncodeBytes]): a path,
// the text of a link.
type Text string

// Bytes returns the bytes that the text represents, as a system call takes them.
func (t Text) Bytes() string { return DecodeBytes(string(t)) }

// Canonical returns the text in the one form of [CanonicalPath].
func (t Text) Canonical() Text { return Text(CanonicalPath(string(t))) }

// TypedProvider is a [Provider] of one kind, in terms of the kind's struct.
type TypedProvider[T any] interface {
	// Observe is [Provider.Observe]. It returns nil when the thing does not exist. Beside an error about the wanted
	// value it returns what exists, so that an audit can compare it.
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
	want, err := Decode[T](c.Want)
	out := TypedChange[T]{Change: c, Want: want}
	if err != nil || isAbsent(c.Have) {
		return out, err
	}
	have, err := DecodeRecorded[T](c.Have)
	out.Have = &have
	return out, err
}

// Typed returns the [Provider] of a kind with the struct T.
func Typed[T any](impl TypedProvider[T]) Provider { return typed[T]{impl} }

type typed[T any] struct{ impl TypedProvider[T] }

func (p typed[T]) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return ObserveTyped(ctx, want, p.impl.Observe)
}

func (p typed[T]) Apply(ctx context.Context, c Change) error {
	t, err := TypeChange[T](c)
	if err != nil {
		return err
	}
	return p.impl.Apply(ctx, t)
}

// ObserveTyped is [Provider.Observe] for observe, which returns nil when the thing does not exist.
func ObserveTyped[T any](ctx context.Context, want cty.Value, observe func(ctx context.Context, want T) (*T, error)) (cty.Value, error) {
	t, err := Decode[T](want)
	if err != nil {
		return cty.NilVal, err
	}
	have, err := observe(ctx, t)
	switch {
	case have != nil: // also beside an error, which then concerns the wanted value
		return Encode(*have), err
	case err != nil:
		return cty.NilVal, err
	}
	return Absent, nil
}

// Reading returns f for a value of the kind with the struct T. The value is a
// wanted one of the kind: see [Must].
func Reading[T, R any](f func(want T) R) func(cty.Value) R {
	return func(want cty.Value) R { return f(Must[T](want)) }
}

// Preparing returns the [Kind.Prepare] of a kind with the struct T. prepare changes the attributes that a manifest
// sets into those of the wanted value. Attributes that it does not change keep their values.
func Preparing[T any](prepare func(in Input, t *T) error) func(in Input) (map[string]cty.Value, error) {
	return func(in Input) (map[string]cty.Value, error) {
		was, err := decodeAttrs[T](in.Attrs)
		if err != nil {
			return nil, err
		}
		now := was
		if err := prepare(in, &now); err != nil {
			return nil, err
		}
		return mergeAttrs(in.Attrs, &was, &now), nil
	}
}

// Expanding returns the [Kind.Expand] of a kind with the struct T.
func Expanding[T any](expand func(in Input, t T) ([]Expanded, error)) func(Input) ([]Expanded, error) {
	return func(in Input) ([]Expanded, error) {
		t, err := decodeAttrs[T](in.Attrs)
		if err != nil {
			return nil, err
		}
		return expand(in, t)
	}
}

// Reverting returns the [Kind.Revert] of a kind with the struct T. revert gets
// p.Before and p.After decoded.
func Reverting[T any](revert func(p Past, before, after T) ([]RevertTarget, error)) func(p Past) ([]RevertTarget, error) {
	return func(p Past) ([]RevertTarget, error) {
		before, err := DecodeRecorded[T](p.Before)
		if err != nil {
			return nil, err
		}
		after, err := DecodeRecorded[T](p.After)
		if err != nil {
			return nil, err
		}
		return revert(p, before, after)
	}
}
