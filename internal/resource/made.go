package resource

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// ProbeMade returns what converge made of a thing as its provider can look for it. A secret
// of which only the digest is known ([Attr.IsHidden]) is replaced by what is to be
// restored, or by an empty text, so that the provider returns what there is. back is the
// change that takes the thing back.
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

// DiffMade returns how a thing differs from what converge made of it, as far as it is
// going to be taken back: have is what the provider observed for [ProbeMade].
func DiffMade(made *Resource, have cty.Value, back Change) Change {
	c := Diff(made, have)
	if c.Action != Update {
		return c
	}
	c.Attrs = slices.DeleteFunc(slices.Clone(c.Attrs), func(d AttrChange) bool {
		return back.Action == Update && !back.Differs(d.Name) || isIncomparable(made.Kind, d)
	})
	if len(c.Attrs) == 0 {
		c.Action = None
	}
	return c
}

// isIncomparable reports whether a difference may be one of words only: of what was made
// there is but a digest, and the provider did not look, or the same has several words.
func isIncomparable(k *Kind, d AttrChange) bool {
	a, ok := k.Attr(d.Name)
	return ok && a.IsHidden(d.Want) && (d.Have == cty.NilVal || a.Same != nil || a.Result != nil)
}
