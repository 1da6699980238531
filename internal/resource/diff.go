package resource

import (
	"maps"

	"github.com/zclconf/go-cty/cty"
)

// Diff compares what r should be with what it is. It is the one comparison
// for every kind: an attribute that is not wanted is not looked at, an option
// never counts, and a wanted "absent" or "purged" is met by [Absent].
func Diff(r *Resource, have cty.Value) Change {
	c := Change{Addr: r.Addr, Kind: r.Kind, Action: None, Have: have, Want: r.Want, Secret: r.Secret}
	if have == cty.NilVal {
		c.Have = Absent
	}
	compare(&c, r)
	if c.Action == None {
		return c // as most are: its links and secrets are of no interest then
	}
	if c.Key = r.Key; c.Key == "" && r.Kind.Links != nil {
		if l := r.Kind.Links(r.Want); len(l.Provides) > 0 {
			c.Key = l.Provides[0]
		}
	}
	c.Secret = secretsSeen(r, c.Have)
	return c
}

// WithPast returns c with have as the existing state: c.Have and everything else
// that undoing c needs. Secret attributes of the kind stay secret.
func (c Change) WithPast(k *Kind, have cty.Value) Change {
	c.Have = have
	c.Secret = secretsSeen(&Resource{Kind: k, Secret: c.Secret}, have)
	return c
}

// secretsSeen adds to r's secrets those of the existing state alone: the
// password of a user to be removed.
func secretsSeen(r *Resource, have cty.Value) map[string]bool {
	secret := r.Secret
	for i := range r.Kind.Attrs {
		a := &r.Kind.Attrs[i]
		if !a.Secret || secret[a.Name] || !HasAttr(have, a.Name) {
			continue
		}
		if secret = maps.Clone(secret); secret == nil {
			secret = map[string]bool{}
		}
		secret[a.Name] = true
	}
	return secret
}

// compare fills in what c does, and to which attributes.
func compare(c *Change, r *Resource) {
	gone, wantsGone := c.Have.IsNull(), WantsAbsent(r.Want)
	switch {
	case gone && wantsGone:
		return
	case wantsGone:
		if c.Attrs = attrChanges(r, c.Have, "ensure"); len(c.Attrs) > 0 {
			c.Action = Delete
		}
		return
	}
	c.Attrs = attrChanges(r, c.Have, "")
	switch {
	case gone:
		c.Action = Create
	case len(c.Attrs) > 0:
		c.Action = Update
	}
	if r.Kind.Opaque && c.Action != None && HasAttr(r.Want, "command") {
		c.Action = Run
	}
}

// wantsAbsent reports whether want asks that the thing not be there.
func WantsAbsent(want cty.Value) bool {
	e := StringAttr(want, "ensure")
	return e == "absent" || e == "purged"
}

// SetAbsent has attributes of the kind ask that the thing not be there; false:
// the kind has no way to ask that.
func (k *Kind) SetAbsent(attrs map[string]cty.Value) bool {
	_, ok := k.Attr("ensure")
	if ok {
		attrs["ensure"] = cty.StringVal("absent")
	}
	return ok
}

// attrChanges lists the managed attributes that differ; only, if not empty,
// restricts it to one attribute.
func attrChanges(r *Resource, have cty.Value, only string) []AttrChange {
	var out []AttrChange
	for i := range r.Kind.Attrs {
		a := &r.Kind.Attrs[i]
		if a.Option || only != "" && a.Name != only {
			continue
		}
		want := GetAttr(r.Want, a.Name)
		if want == cty.NilVal {
			continue
		}
		h := GetAttr(have, a.Name)
		if h != cty.NilVal && a.same(h, want) {
			continue
		}
		if a.Result != nil && h != cty.NilVal {
			want = a.Result(h, r.Want)
		}
		out = append(out, AttrChange{Name: a.Name, Have: h, Want: want, Secret: a.Secret || r.Secret[a.Name]})
	}
	return out
}

func (a *Attr) same(have, want cty.Value) bool {
	if have.Type() == cty.String && want.Type() == cty.String {
		// The same words mean the same, and most are: neither Same nor
		// RawEquals, which takes ten times as long, need be asked.
		if have.AsString() == want.AsString() {
			return true
		}
		return a.Same != nil && a.Same(have, want)
	}
	if a.Same != nil {
		return a.Same(have, want)
	}
	return isSame(have, want)
}
