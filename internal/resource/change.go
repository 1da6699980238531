package resource

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Action is what a change does to a resource.
type Action string

const (
	None   Action = "none"
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Run    Action = "run" // an effect that converge cannot see: a command
)

// Change is the difference between what a resource is and what it should be. Only [Diff] makes one.
type Change struct {
	Addr   Addr
	Kind   *Kind // nil for an undeclared change
	Action Action
	Have   cty.Value // [Absent] if it does not exist
	Want   cty.Value
	Attrs  []AttrChange    // in the order of the kind's attributes
	Secret map[string]bool // attributes whose content must not surface
	Notes  []string        // what a person should know: "edited since converge wrote it"

	// Undeclared means that no resource declares the change; a transaction
	// brings it along (see [Forecast]). Addr may still be that of a resource.
	Undeclared bool

	// Key identifies the thing in the ledger: the first key that the resource provides ("path:/etc/motd"). Empty: the
	// ledger does not keep it, or there is nothing to do.
	Key string

	// Continues are the ledger keys of undeclared things that this change takes over: a part of a file that is
	// declared in other words. They leave the ledger. Origin is the change that joins all of these with this one, and
	// starts from the state before the first; nil: there are none. Only a [Recorder] sets the two.
	Continues []string
	Origin    *Change
}

// AttrChange is one attribute that differs.
type AttrChange struct {
	Name       string
	Have, Want cty.Value // cty.NilVal: not there
	Secret     bool
}

// Empty reports whether there is nothing to do.
func (c Change) Empty() bool { return c.Action == None }

// Differs reports whether the attribute is among those that change.
func (c Change) Differs(attr string) bool {
	return slices.ContainsFunc(c.Attrs, func(a AttrChange) bool { return a.Name == attr })
}

// Label is the value of the kind's label attribute, by which the manifest names the thing; "" if there is none.
func (c Change) Label() string {
	if c.Kind == nil {
		return ""
	}
	return c.Kind.LabelOf(c.Want)
}

// Path returns the path of the thing that a change is about; "" if it has none.
func (c Change) Path() string {
	if path, ok := strings.CutPrefix(c.Key, "path:"); ok {
		return path
	}
	if path := StringAttr(c.Want, "path"); path != "" {
		return path
	}
	return StringAttr(c.Have, "path")
}

// Content returns the content by which a later run recognises a value of the kind ([Kind.ContentAttr]); nil if it has
// none.
func (k *Kind) Content(v cty.Value) *Blob {
	switch {
	case k == nil || k.ContentAttr == "":
		return nil
	case k.Mark != nil && !v.IsNull():
		if mark := k.Mark(v); mark != nil {
			return mark
		}
	}
	if !HasAttr(v, k.ContentAttr) {
		return nil
	}
	content := GetAttr(v, k.ContentAttr)
	if b := AsBlob(content); b != nil || !k.TextContent {
		return b
	}
	return BytesBlob([]byte(StringAttr(v, k.ContentAttr)))
}

// Contents returns the contents of the files of v: that of [Kind.Content], and each content that is joined in it.
func (k *Kind) Contents(v cty.Value) (out []*Blob) {
	if b := k.Content(v); b != nil {
		out = append(out, b)
	}
	for _, name := range k.FileAttrs {
		if b := AsBlob(GetAttr(v, name)); b != nil {
			out = append(out, b)
		}
	}
	return out
}

// WithContent returns v with a content. Where the attribute is a text and only a digest is known, the text is empty.
func (k *Kind) WithContent(v cty.Value, content *Blob) cty.Value {
	if k.TextContent {
		return With(v, k.ContentAttr, cty.StringVal(""))
	}
	return With(v, k.ContentAttr, BlobVal(content))
}

// WantContent returns want with the thing present and with the content that converge wrote last, so that Observe
// returns the existing one.
func (k *Kind) WantContent(want cty.Value, written *Blob) cty.Value {
	return k.WithContent(With(want, "ensure", cty.StringVal("present")), written)
}

// ListsBelow reports whether an observed value lists everything below the thing, with contents, like that of a
// directory whose removal can be undone.
func ListsBelow(have cty.Value) bool { return HasAttr(have, "below") }

// WrittenContent returns the content that c writes; nil if it writes none, or leaves the existing one alone because
// converge did not write it. wrote reports whether converge wrote the content with a digest; nil: it never did.
func (c Change) WrittenContent(wrote func(digest string) bool) *Blob {
	b := c.Kind.Content(c.Want)
	if b == nil || !c.Differs(c.Kind.ContentAttr) && !c.marksAnew(b) {
		return nil
	}
	if c.Kind.KeepsEdit != nil && c.Kind.KeepsEdit(c, wrote) {
		return nil
	}
	return b
}

// marksAnew reports whether a change makes a thing that a later run recognises by a mark.
func (c Change) marksAnew(b *Blob) bool {
	if c.Kind.Mark == nil || c.Kind.Mark(c.Want) == nil {
		return false
	}
	was := c.Kind.Content(c.Have)
	return was == nil || !was.Same(b)
}

// Diff compares what r should be with what it is. It is the one comparison for every kind. It ignores attributes that
// are not wanted, and options. [Absent] meets a wanted "absent" or "purged".
func Diff(r *Resource, have cty.Value) Change {
	c := Change{Addr: r.Addr, Kind: r.Kind, Action: None, Have: have, Want: r.Want, Secret: r.Secret}
	if have == cty.NilVal {
		c.Have = Absent
	}
	compare(&c, r)
	if c.Action == None {
		return c // the usual case, which needs no links and no secrets
	}
	if c.Key = r.Key; c.Key == "" {
		if l := r.Links(); len(l.Provides) > 0 {
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

// secretsSeen adds to r's secrets those that only the existing state has: the password of a user to be removed.
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

// compare sets the action of c and the attributes that it changes.
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

// WantsAbsent reports whether want asks for the thing to be absent.
func WantsAbsent(want cty.Value) bool {
	e := StringAttr(want, "ensure")
	return e == "absent" || e == "purged"
}

// SetAbsent makes attributes of the kind ask for the thing to be absent; false: the kind cannot ask for that.
func (k *Kind) SetAbsent(attrs map[string]cty.Value) bool {
	_, ok := k.Attr("ensure")
	if ok {
		attrs["ensure"] = cty.StringVal("absent")
	}
	return ok
}

// attrChanges lists the managed attributes that differ. A non-empty only restricts it to one attribute.
func attrChanges(r *Resource, have cty.Value, only string) []AttrChange {
	var out []AttrChange
	if isAbsent(have) { // then all of them differ
		out = slices.Grow(out, countCompared(r))
	}
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
		if h != cty.NilVal && !a.IsHidden(want) && !a.IsHidden(h) {
			switch {
			case a.ResultOf != nil:
				want = a.ResultOf(have, r.Want)
			case a.Result != nil:
				want = a.Result(h, r.Want)
			}
		}
		out = append(out, AttrChange{Name: a.Name, Have: h, Want: want, Secret: a.Secret || r.Secret[a.Name]})
	}
	return out
}

// countCompared counts the managed attributes.
func countCompared(r *Resource) (n int) {
	for i := range r.Kind.Attrs {
		if a := &r.Kind.Attrs[i]; !a.Option && HasAttr(r.Want, a.Name) {
			n++
		}
	}
	return n
}

func (a *Attr) same(have, want cty.Value) bool {
	if have.Type() == cty.String && want.Type() == cty.String {
		// Most texts are equal byte by byte, and then mean the same. Same and RawEquals, which takes ten times as
		// long, need not be called.
		if have.AsString() == want.AsString() {
			return true
		}
		return a.Same != nil && a.Same(have, want)
	}
	if a.IsHidden(have) || a.IsHidden(want) {
		return isSameHidden(have, want)
	}
	if a.Same != nil {
		return a.Same(have, want)
	}
	return isSame(have, want)
}
