package resource

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// ProbeMade returns what converge made of a thing in a form that its provider can observe. It replaces a secret whose
// digest alone is known ([Attr.IsHidden]) by the value to be restored, or by an empty text, so that the provider
// returns the present value. back is the change that takes the thing back.
func ProbeMade(made *Resource, back Change) *Resource {
	probe := *made
	for i := range made.Kind.Attrs {
		a := &made.Kind.Attrs[i]
		if !a.IsHidden(GetAttr(made.Want, a.Name)) {
			continue
		}
		switch v := GetAttr(back.Want, a.Name); {
		case v != cty.NilVal && !a.IsHidden(v):
			probe.Want = With(probe.Want, a.Name, v)
		case (a.Type == cty.String || a.Type == cty.DynamicPseudoType) && a.Check == nil && a.OneOf == nil:
			probe.Want = With(probe.Want, a.Name, cty.StringVal(""))
		}
	}
	return &probe
}

// DiffMade returns how a thing differs from what converge made of it, restricted to what back takes back. have is what
// the provider observed for [ProbeMade]. A running part of a thing to be removed is no difference if it has ended
// already.
func DiffMade(made *Resource, have cty.Value, back Change) Change {
	c := Diff(made, have)
	if c.Action != Update {
		return c
	}
	c.Attrs = slices.DeleteFunc(slices.Clone(c.Attrs), func(d AttrChange) bool {
		return back.Action == Update && !back.Differs(d.Name) || isIncomparable(made.Kind, d) ||
			back.Action == Delete && made.Kind.hasEnded(d)
	})
	if len(c.Attrs) == 0 {
		c.Action = None
	}
	return c
}

// DiffUnfinished is [DiffMade] for a change that ended early: a part that is still as before is no difference.
func DiffUnfinished(made *Resource, have cty.Value, back Change) Change {
	c := DiffMade(made, have, back)
	left := slices.Clone(c.Attrs)
	switch k := made.Kind; {
	case c.Action == Update: // made, or made anew
		left = slices.DeleteFunc(left, func(d AttrChange) bool {
			return k.isBetween(d, GetAttr(back.Want, d.Name), GetAttr(made.Want, d.Name)) ||
				d.Name == k.ContentAttr && k.hasFilesOf(have, back.Want, made.Want)
		})
	case c.Action == Delete && back.Action == Update: // removed
		left = slices.DeleteFunc(slices.Clone(back.Attrs), func(d AttrChange) bool {
			return k.isBetween(d, d.Want, cty.NilVal) ||
				d.Name == k.ContentAttr && k.hasFilesOf(back.Have, back.Want, cty.NilVal)
		})
	default:
		return c
	}
	if len(left) == 0 {
		return Change{Addr: c.Addr, Kind: c.Kind, Action: None, Have: c.Have, Want: c.Want}
	}
	if c.Action == Update {
		c.Attrs = left
	}
	return c
}

// hasEnded reports whether an attribute describes what runs now, and its value means that nothing runs any more.
func (k *Kind) hasEnded(d AttrChange) bool {
	a, ok := k.Attr(d.Name)
	return ok && a.Live && a.Loses != nil && !isAbsent(d.Have) && !isAbsent(d.Want) && a.Loses(d.Want, d.Have)
}

// isBetween reports whether a change from one value to another may have left the present value when it ended early.
// The kind has a word for a side that the thing lacks.
func (k *Kind) isBetween(d AttrChange, from, to cty.Value) bool {
	if a, ok := k.Attr(d.Name); ok && a.Loses != nil && !isAbsent(d.Have) {
		switch {
		case isAbsent(from) && !isAbsent(to) && a.Loses(to, d.Have), isAbsent(to) && !isAbsent(from) && a.Loses(from, d.Have):
			return true
		}
	}
	return isMixture(d.Have, from, to)
}

// hasFilesOf reports whether each file of a joined content is in one of two states.
func (k *Kind) hasFilesOf(live, from, to cty.Value) bool {
	known := false // older versions of converge recorded no files
	for _, name := range k.FileAttrs {
		was, made := GetAttr(from, name), GetAttr(to, name)
		known = known || !isAbsent(was) || !isAbsent(made)
		if !isMixture(GetAttr(live, name), was, made) {
			return false
		}
	}
	return known
}

// isMixture reports whether a value is one of two or, if it has elements, takes each element from one of them.
func isMixture(live, from, to cty.Value) bool {
	if isEqualOrNothing(live, from) || isEqualOrNothing(live, to) {
		return true
	}
	keys, ok := keysOf(live, from, to)
	if !ok {
		return false
	}
	for _, k := range keys {
		l := elementOf(live, k)
		if !isEqualOrNothing(l, elementOf(from, k)) && !isEqualOrNothing(l, elementOf(to, k)) {
			return false
		}
	}
	return true
}

// isEqualOrNothing reports whether two values are the same, or both mean nothing.
func isEqualOrNothing(a, b cty.Value) bool {
	if isNothing(a) || isNothing(b) {
		return isNothing(a) && isNothing(b)
	}
	return isSame(a, b)
}

// isNothing reports whether a value means that there is nothing: it is absent, false or empty.
func isNothing(v cty.Value) bool {
	return isAbsent(v) || v.IsKnown() && isEmpty(v)
}

// keysOf returns the keys of maps, or the elements of sets. ok is false if a value is neither of these and not empty.
func keysOf(vs ...cty.Value) (keys []cty.Value, ok bool) {
	for _, v := range vs {
		if isNothing(v) {
			continue
		}
		if t := v.Type(); !v.IsWhollyKnown() || !t.IsMapType() && !t.IsObjectType() && !t.IsSetType() {
			return nil, false
		}
		for it := v.ElementIterator(); it.Next(); {
			k, _ := it.Element()
			keys = append(keys, k)
		}
	}
	return keys, true
}

// elementOf returns the element of a map by its key; in a set, the element is the key itself. cty.NilVal: there is
// none.
func elementOf(v, key cty.Value) cty.Value {
	switch {
	case isNothing(v):
		return cty.NilVal
	case v.Type().IsSetType():
		if v.HasElement(key).False() {
			return cty.NilVal
		}
		return key
	case v.Type().IsObjectType():
		return GetAttr(v, key.AsString())
	case v.HasIndex(key).False():
		return cty.NilVal
	}
	return v.Index(key)
}

// isIncomparable reports whether a difference may be one of words only. Only a digest is known of what was made, and
// the provider did not observe the attribute, or one meaning has several words.
func isIncomparable(k *Kind, d AttrChange) bool {
	a, ok := k.Attr(d.Name)
	return ok && a.IsHidden(d.Want) && (d.Have == cty.NilVal || a.Same != nil || a.Result != nil)
}
