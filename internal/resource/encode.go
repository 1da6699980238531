package resource

import (
	"maps"

	"github.com/zclconf/go-cty/cty"
)

// Encode returns the sparse object of the attributes that are set in a kind's
// struct. It is the inverse of [Decode].
func Encode[T any](t T) cty.Value { return cty.ObjectVal(EncodeAttrs(t)) }

// EncodeAttrs returns the attributes that are set in a kind's struct.
func EncodeAttrs[T any](t T) map[string]cty.Value {
	out := map[string]cty.Value{}
	l, s := loadScratch(&t)
	for i, f := range l.fields {
		if v := load(s.parts[i], f.set); v != cty.NilVal {
			out[f.name] = v
		}
	}
	dropScratch[T](l, s)
	return out
}

// Preparing returns the [Kind.Prepare] of a kind with the struct T. prepare
// changes the attributes that a manifest sets into those of the wanted value.
// Attributes that it leaves alone stay the values that they are.
func Preparing[T any](prepare func(in Input, t *T) error) func(in Input) (map[string]cty.Value, error) {
	return func(in Input) (map[string]cty.Value, error) {
		was, err := DecodeAttrs[T](in.Attrs)
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

// mergeAttrs returns attrs, which were decoded as was, with what differs in now.
func mergeAttrs[T any](attrs map[string]cty.Value, was, now *T) map[string]cty.Value {
	out := maps.Clone(attrs)
	if out == nil {
		out = map[string]cty.Value{}
	}
	l, before := loadScratch(was)
	_, after := loadScratch(now)
	for i, f := range l.fields {
		if equalParts(before.parts[i], after.parts[i]) {
			continue
		}
		if v := load(after.parts[i], f.set); v != cty.NilVal {
			out[f.name] = v
		} else {
			delete(out, f.name)
		}
	}
	dropScratch[T](l, before)
	dropScratch[T](l, after)
	return out
}

// loadScratch returns a scratch that holds *t.
func loadScratch[T any](t *T) (*layout, *scratch) {
	l := layoutOf[T]()
	s := l.spare.Get().(*scratch)
	*s.whole.(*T) = *t
	return l, s
}

func dropScratch[T any](l *layout, s *scratch) {
	var zero T
	*s.whole.(*T) = zero
	l.spare.Put(s)
}
