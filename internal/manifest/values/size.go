package values

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

// The bounds of one value.
const (
	MaxParts = 1_000_000 // elements, at any depth
	MaxText  = 64 << 20  // bytes of one string, and of what one function makes
)

// Size is the size of a value as a walk counts it: a part that occurs twice counts twice. The same walk finds whether
// any part is sensitive.
type Size struct {
	Parts, Text int  // elements at any depth; bytes
	Secret      bool // a part of it is sensitive
}

// Add adds a value, and returns an error if the total is too large.
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
		s.Parts += v.LengthInt() // walking a set sorts it
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
