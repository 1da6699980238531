package resource

import (
	"cmp"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Loses names the attribute whose change removes a side of the thing; "": none.
func (k *Kind) Loses(c Change) string {
	if k == nil || c.Action != Update {
		return ""
	}
	for _, d := range c.Attrs {
		if a, ok := k.Attr(d.Name); ok && a.Loses != nil && !isAbsent(d.Have) && !isAbsent(d.Want) && a.Loses(d.Have, d.Want) {
			return cmp.Or(a.Brief, a.Name)
		}
	}
	return ""
}

// Departs names the attribute that a change makes differ from a wanted value of the thing, even one of another kind;
// "": none.
func (k *Kind) Departs(c Change, wanted cty.Value) string {
	if k == nil || c.Action != Update {
		return ""
	}
	for _, d := range c.Attrs {
		a, ok := k.Attr(d.Name)
		want := GetAttr(wanted, d.Name)
		switch {
		case !ok || a.Option || isAbsent(d.Want) || isAbsent(want):
		case a.IsHidden(want): // as declared only: a digest cannot match other words of the same meaning
			if !isHiddenAs(want, d.Want) && !isHiddenAs(want, GetAttr(c.Want, d.Name)) {
				return cmp.Or(a.Brief, a.Name)
			}
		case d.Want.Type().Equals(want.Type()) && !a.same(d.Want, want) && !a.isResult(d.Want, wanted):
			return cmp.Or(a.Brief, a.Name)
		}
	}
	return ""
}

// isResult reports whether the wanted value of the whole thing leaves a value as it is, because it does not determine
// what differs.
func (a *Attr) isResult(v, wanted cty.Value) bool {
	return a.Result != nil && v.IsKnown() && a.same(a.Result(v, wanted), v)
}

// isHiddenAs reports whether a hidden value equals v. A text is hidden as it is or, if only a part of it is secret, as
// JSON.
func isHiddenAs(hidden, v cty.Value) bool {
	if isSameHidden(v, hidden) || isAbsent(v) || v.Type() != cty.String || !v.IsKnown() {
		return !isAbsent(v) && isSameHidden(v, hidden)
	}
	text, err := ctyjson.Marshal(v, v.Type())
	return err == nil && BytesBlob(text).Same(AsBlob(hidden))
}

// Empties is an [Attr.Loses]: a value becomes empty, or true becomes false.
func Empties(have, want cty.Value) bool { return !isEmpty(have) && isEmpty(want) }

// Becomes returns an [Attr.Loses]: the value becomes that text.
func Becomes(text string) func(have, want cty.Value) bool {
	return func(_, want cty.Value) bool {
		return want.Type() == cty.String && !want.IsNull() && want.AsString() == text
	}
}

// isEmpty reports whether a value is an empty text or collection, false, or nothing.
func isEmpty(v cty.Value) bool {
	switch t := v.Type(); {
	case v.IsNull():
		return true
	case t == cty.String:
		return v.AsString() == ""
	case t == cty.Bool:
		return v.False()
	case v.CanIterateElements():
		return v.LengthInt() == 0
	}
	return false
}
