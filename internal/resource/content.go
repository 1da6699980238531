package resource

import "github.com/zclconf/go-cty/cty"

// Content returns the content of a value of the kind by which a later run
// recognises it ([Kind.ContentAttr]); nil if it has none.
func (k *Kind) Content(v cty.Value) *Blob {
	if k == nil || k.ContentAttr == "" || !HasAttr(v, k.ContentAttr) {
		return nil
	}
	if k.TextContent {
		return BytesBlob([]byte(StringAttr(v, k.ContentAttr)))
	}
	return AsBlob(GetAttr(v, k.ContentAttr))
}

// WithContent returns v with a content. A text cannot be had of a digest: it is
// empty then.
func (k *Kind) WithContent(v cty.Value, content *Blob) cty.Value {
	if k.TextContent {
		return With(v, k.ContentAttr, cty.StringVal(""))
	}
	return With(v, k.ContentAttr, BlobVal(content))
}

// WantContent returns want, and the thing present, with the content that converge
// wrote last, so that Observe returns the existing one.
func (k *Kind) WantContent(want cty.Value, written *Blob) cty.Value {
	return k.WithContent(With(want, "ensure", cty.StringVal("present")), written)
}

// ListsBelow reports whether an observed value tells what lies below the thing,
// contents included: that of a directory whose removal can be undone.
func ListsBelow(have cty.Value) bool { return HasAttr(have, "below") }

// WrittenContent returns the content that c writes; nil if it writes none, or
// leaves the existing one alone because converge did not write it. wrote
// reports whether converge wrote the content of a digest; nil: it never did.
func (c Change) WrittenContent(wrote func(digest string) bool) *Blob {
	b := c.Kind.Content(c.Want)
	if b == nil || !c.Differs(c.Kind.ContentAttr) {
		return nil
	}
	if c.Kind.KeepsEdit != nil && c.Kind.KeepsEdit(c, wrote) {
		return nil
	}
	return b
}
