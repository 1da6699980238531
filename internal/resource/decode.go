package resource

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/zclconf/go-cty/cty"
)

// Decode returns the sparse object v as a kind's struct. An attribute that v lacks, or has as null, is not set. Absent
// and cty.NilVal are the zero T.
//
// A secret whose digest alone is in the journal is not set either: see [Attr.IsHidden].
//
// An error is a mistake in the program: an attribute without a field in T, a value of another type, a value that is
// unknown or marked.
func Decode[T any](v cty.Value) (T, error) { return decode[T](v, false) }

// DecodeRecorded is [Decode] for a value of the journal. Another version may have written it, so attributes without a
// field in T are ignored. So is a secret text, which the journal replaces by a [Blob].
func DecodeRecorded[T any](v cty.Value) (T, error) { return decode[T](v, true) }

// Must is [Decode] for a wanted value of a resource that is known to be of the kind of T. It panics for any other
// value.
func Must[T any](v cty.Value) T {
	t, err := decode[T](v, false)
	if err != nil {
		panic(err)
	}
	return t
}

func decode[T any](v cty.Value, recorded bool) (out T, err error) {
	if isAbsent(v) {
		return out, nil
	}
	if v.IsMarked() || !v.IsKnown() || !v.Type().IsObjectType() {
		return out, fmt.Errorf("cannot decode %s: the value is not a known object", reflect.TypeFor[T]())
	}
	l, s := borrowScratch[T]()
	for name := range v.Type().AttributeTypes() {
		s.decodeAttr(l, name, v.GetAttr(name), recorded)
	}
	return takeOut[T](l, s)
}

// decodeAttrs is [Decode] for attributes that are not joined to an object yet.
func decodeAttrs[T any](attrs map[string]cty.Value) (T, error) {
	l, s := borrowScratch[T]()
	for name, v := range attrs {
		s.decodeAttr(l, name, v, false)
	}
	return takeOut[T](l, s)
}

// Part is [Must] for a T that has only some of the attributes of v. The others cost nothing, so it suits questions
// that are asked often of every resource.
func Part[T any](v cty.Value) T {
	l, s := borrowScratch[T]()
	for _, f := range l.fields {
		if HasAttr(v, f.name) {
			s.decodeAttr(l, f.name, v.GetAttr(f.name), false)
		}
	}
	out, err := takeOut[T](l, s)
	if err != nil {
		panic(err)
	}
	return out
}

// takeOut returns the struct decoded into s, and returns s to the pool.
func takeOut[T any](l *layout, s *scratch) (out T, err error) {
	if s.err == nil {
		out = *s.whole.(*T)
	} else {
		err = fmt.Errorf("cannot decode %s: %w", reflect.TypeFor[T](), s.err)
	}
	returnScratch[T](l, s)
	return out, err
}

// decodeAttr sets the field of an attribute, or s.err.
func (s *scratch) decodeAttr(l *layout, name string, v cty.Value, recorded bool) {
	i, ok := l.byName[name]
	switch {
	case !ok && recorded, ok && v == cty.NilVal:
	case !ok:
		s.err = fmt.Errorf("it has no field for the attribute %q", name)
	case v.IsMarked() || !v.IsKnown():
		s.err = fmt.Errorf("the attribute %q is unknown or marked", name)
	case v.IsNull():
	default:
		if b := AsBlob(v); b != nil && (recorded || b.Sealed() != "") && !l.fields[i].isContent() {
			return
		}
		if err := l.fields[i].store(s.fields[i], v); err != nil {
			s.err = fmt.Errorf("the attribute %q %w", name, err)
		}
	}
}

// Encode returns the sparse object of the attributes that are set in a kind's
// struct. It is the inverse of [Decode].
func Encode[T any](t T) cty.Value { return cty.ObjectVal(EncodeAttrs(t)) }

// EncodeAttrs returns the attributes that are set in a kind's struct.
func EncodeAttrs[T any](t T) map[string]cty.Value {
	out := map[string]cty.Value{}
	l, s := loadScratch(&t)
	for i, f := range l.fields {
		if v := f.load(s.fields[i]); v != cty.NilVal {
			out[f.name] = v
		}
	}
	returnScratch[T](l, s)
	return out
}

// mergeAttrs returns attrs, which were decoded as was, with the attributes that differ in now.
func mergeAttrs[T any](attrs map[string]cty.Value, was, now *T) map[string]cty.Value {
	out := map[string]cty.Value{}
	maps.Copy(out, attrs)
	l, before := loadScratch(was)
	_, after := loadScratch(now)
	for i, f := range l.fields {
		if f.equal(before.fields[i], after.fields[i]) {
			continue
		}
		if v := f.load(after.fields[i]); v != cty.NilVal {
			out[f.name] = v
		} else {
			delete(out, f.name)
		}
	}
	returnScratch[T](l, before)
	returnScratch[T](l, after)
	return out
}

// borrowScratch returns a scratch that holds the zero T.
func borrowScratch[T any]() (*layout, *scratch) {
	l := layoutOf[T]()
	return l, l.spare.Get().(*scratch)
}

// loadScratch returns a scratch that holds *t.
func loadScratch[T any](t *T) (*layout, *scratch) {
	l, s := borrowScratch[T]()
	*s.whole.(*T) = *t
	return l, s
}

func returnScratch[T any](l *layout, s *scratch) {
	var zero T
	*s.whole.(*T), s.err = zero, nil
	l.spare.Put(s)
}
