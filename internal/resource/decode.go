package resource

import (
	"fmt"
	"reflect"

	"github.com/zclconf/go-cty/cty"
)

// Decode returns the sparse object v as a kind's struct. An attribute that v
// lacks, or has as null, is not set. Absent and cty.NilVal are the zero T.
//
// An error is a mistake in the program: an attribute that T has no field for, a
// value of another type, a value that is unknown or marked.
func Decode[T any](v cty.Value) (T, error) { return decode[T](v, false) }

// DecodeRecorded is [Decode] for a value of the journal. Another version may
// have written it, so attributes that T has no field for are ignored. So is a
// secret text, in whose place the journal has a [Blob].
func DecodeRecorded[T any](v cty.Value) (T, error) { return decode[T](v, true) }

// Must is [Decode] where v is known to be of the kind of T: the wanted value of
// one of its resources. It panics if it is not.
func Must[T any](v cty.Value) T {
	t, err := decode[T](v, false)
	if err != nil {
		panic(err)
	}
	return t
}

func decode[T any](v cty.Value, recorded bool) (out T, err error) {
	if v == cty.NilVal || v.IsNull() {
		return out, nil
	}
	if v.IsMarked() || !v.IsKnown() || !v.Type().IsObjectType() {
		return out, fmt.Errorf("cannot decode %s: the value is not a known object", reflect.TypeFor[T]())
	}
	l := layoutOf[T]()
	s := l.spare.Get().(*scratch)
	for name := range v.Type().AttributeTypes() {
		if e := l.decodeAttr(s, name, v.GetAttr(name), recorded); e != nil {
			err = e
		}
	}
	return takeOut[T](l, s, err)
}

// DecodeAttrs is [Decode] for attributes that make no object yet.
func DecodeAttrs[T any](attrs map[string]cty.Value) (T, error) {
	l := layoutOf[T]()
	s := l.spare.Get().(*scratch)
	var err error
	for name, v := range attrs {
		if e := l.decodeAttr(s, name, v, false); e != nil {
			err = e
		}
	}
	return takeOut[T](l, s, err)
}

// Part is [Must] for a T that has only some of the attributes of v: it costs
// nothing for the others. It is for what is asked often of every resource.
func Part[T any](v cty.Value) T {
	l := layoutOf[T]()
	s := l.spare.Get().(*scratch)
	var err error
	for _, f := range l.fields {
		if HasAttr(v, f.name) {
			if e := l.decodeAttr(s, f.name, v.GetAttr(f.name), false); e != nil {
				err = e
			}
		}
	}
	out, err := takeOut[T](l, s, err)
	if err != nil {
		panic(err)
	}
	return out
}

// takeOut returns what was decoded into s, and gives s back.
func takeOut[T any](l *layout, s *scratch, err error) (out T, _ error) {
	if err == nil {
		out = *s.whole.(*T)
	} else {
		err = fmt.Errorf("cannot decode %s: %w", reflect.TypeFor[T](), err)
	}
	dropScratch[T](l, s)
	return out, err
}

func (l *layout) decodeAttr(s *scratch, name string, v cty.Value, recorded bool) error {
	i, ok := l.byName[name]
	switch {
	case !ok && recorded:
		return nil
	case !ok:
		return fmt.Errorf("it has no field for the attribute %q", name)
	case v == cty.NilVal:
		return nil
	case v.IsMarked() || !v.IsKnown():
		return fmt.Errorf("the attribute %q is unknown or marked", name)
	case v.IsNull():
		return nil
	}
	if recorded && v.Type() == BlobType && !isBlobPart(s.parts[i]) {
		return nil
	}
	if err := store(s.parts[i], v); err != nil {
		return fmt.Errorf("the attribute %q %w", name, err)
	}
	return nil
}

func isBlobPart(part any) bool {
	_, ok := part.(**Blob)
	return ok
}
