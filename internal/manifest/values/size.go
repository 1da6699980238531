package values

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// The bounds of one value.
const (
	MaxParts = 1_000_000 // elements, at any depth
	MaxText  = 64 << 20  // bytes of one string, and of what one function makes
)

// Size is the size of a value as a walk counts it: a part that occurs twice
// counts twice. The walk also finds whether any part is sensitive, which saves a
// second one.
type Size struct {
	Parts, Text int  // elements at any depth; bytes
	Secret      bool // a part of it is sensitive
}

// Add adds a value, and returns an error where that is too much.
func (s *Size) Add(v cty.Value) error {
	if v == cty.NilVal {
		return nil
	}
	if v.IsMarked() {
		s.Secret = true
		v, _ = v.Unmark()
	}
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	s.Parts++
	switch ty := v.Type(); {
	case s.Parts > MaxParts:
		return fmt.Errorf("it has more than %d elements", MaxParts)
	case ty == cty.String:
		if s.Text += len(v.AsString()); s.Text > MaxText {
			return fmt.Errorf("it holds more than %d MiB of text", MaxText>>20)
		}
	case ty == cty.Number:
		if v.AsBigFloat().IsInf() {
			return errors.New("it is infinite; a number must not be")
		}
	case ty.IsSetType() && ty.ElementType().IsPrimitiveType():
		s.Parts += v.LengthInt() // to go over a set is to sort it
	case ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType():
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			if !ty.IsSetType() && k.Type() == cty.String {
				s.Text += len(k.AsString())
			}
			if err := s.Add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

type mark string

// Sensitive marks a value that must not surface, and all that is made of it.
const Sensitive mark = "sensitive"

// IsSensitive reports whether v or anything in it is marked.
func IsSensitive(v cty.Value) bool {
	switch {
	case v == cty.NilVal:
		return false
	case marksOutside(v.Type()):
		return v.IsMarked()
	}
	return v.ContainsMarked()
}

// marksOutside reports whether a value of the type has marks on itself only.
// Those of a set's elements are on the set, and to go over it is to sort it.
func marksOutside(ty cty.Type) bool { return ty.IsPrimitiveType() || ty.IsSetType() }

// Unmark returns v without any marks.
func Unmark(v cty.Value) cty.Value {
	if marksOutside(v.Type()) {
		v, _ = v.Unmark()
		return v
	}
	v, _ = v.UnmarkDeep()
	return v
}

// SpellBytes is a name as [resource.EncodeBytes] spells it.
func SpellBytes(name string) string { return respell(name, resource.EncodeBytes) }

// SpellText is a name as an expression spells it that has it between quotes.
func SpellText(name string) string { return respell(name, resource.EncodeText) }

func respell(name string, encode func(string) string) string {
	if plain := resource.DecodeBytes(name); plain != name {
		return encode(plain)
	}
	return name
}

// SpellAll gives every name of bytes one spelling, that of
// [resource.EncodeBytes]: things are known by their names.
func SpellAll(v cty.Value) (cty.Value, error) {
	switch {
	case v.Type() == cty.String && v.IsMarked():
		plain, marks := v.Unmark()
		out, err := SpellAll(plain)
		return out.WithMarks(marks), err
	case v.IsNull() || !v.IsKnown():
		return v, nil
	case v.Type() == cty.String:
		if s := v.AsString(); SpellBytes(s) != s {
			return cty.StringVal(SpellBytes(s)), nil
		}
		return v, nil
	case !v.Type().IsCollectionType() && !v.Type().IsTupleType() || !holdsBytes(v):
		return v, nil
	}
	return cty.Transform(v, func(_ cty.Path, e cty.Value) (cty.Value, error) {
		if e.Type() != cty.String || e.IsMarked() {
			return e, nil
		}
		return SpellAll(e)
	})
}

// holdsBytes reports whether a string in a collection is encoded.
func holdsBytes(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) { // its callback returns no error
		e, _ = e.Unmark()
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			found = found || resource.DecodeBytes(e.AsString()) != e.AsString()
		}
		return !found, nil
	})
	return found
}
