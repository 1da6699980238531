package resource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// HiddenText returns the text of a secret value that the journal keeps or digests: a string itself, anything else as
// JSON. ok is false for a content, which has a digest of its own, and for a missing value.
func HiddenText(v cty.Value) (text []byte, isJSON, ok bool) {
	if isAbsent(v) || !v.IsWhollyKnown() || v.ContainsMarked() || AsBlob(v) != nil {
		return nil, false, false
	}
	if v.Type() == cty.String {
		return []byte(v.AsString()), false, true
	}
	text, err := ctyjson.Marshal(v, v.Type())
	return text, true, err == nil
}

// HoldsContent reports whether the values of the attribute are contents.
func (a *Attr) HoldsContent() bool { return a.Content || a.Type == BlobType }

// IsHidden reports whether v replaces a secret value of the attribute by its digest: the journal keeps no more of a
// wanted secret.
func (a *Attr) IsHidden(v cty.Value) bool { return !a.HoldsContent() && AsBlob(v) != nil }

// IsContentReworded reports whether the content of v is hidden and the kind observes it in other words than the wanted
// ones: the options of a mount.
func (k *Kind) IsContentReworded(v cty.Value) bool {
	a, ok := k.Attr(k.ContentAttr)
	return ok && a.Result != nil && a.IsHidden(GetAttr(v, a.Name))
}

// WritesSecret reports whether the resource sets an attribute to a sensitive value.
func (r *Resource) WritesSecret(name string) bool { return r.Secret[name] && HasAttr(r.Want, name) }

// IsHiddenAfter reports whether only a digest is known of the value that the run wanted of an attribute.
func (p *Past) IsHiddenAfter(name string) bool {
	a, ok := p.Kind.Attr(name)
	return ok && a.IsHidden(GetAttr(p.After, name))
}

// KeepsWanted reports whether the journal keeps a secret wanted value of an attribute, and not only its digest. It
// keeps what undoing needs: the record of the state before, a bool, and an attribute that only steers how a change is
// made. A secret that becomes part of the state of a thing is new, and is kept nowhere.
func (k *Kind) KeepsWanted(name string) bool {
	if k == nil || k.Opaque && k.Revert == nil || name == "" {
		return false
	}
	if name == k.RecordAttr {
		return true
	}
	a, ok := k.Attr(name)
	if ok && a.Type == cty.Bool {
		return true // its digest gives it away
	}
	return ok && a.Option && !a.Computed && !a.Secret &&
		!slices.ContainsFunc(k.Attrs, func(b Attr) bool { return slices.Contains(b.SecretIf, name) })
}

// IsInKey reports whether a key of the thing shows the value of an attribute, which then cannot be secret.
func (k *Kind) IsInKey(key, name string, v cty.Value) bool {
	if v == cty.NilVal || v.IsNull() || AsBlob(v) != nil {
		return false
	}
	if k.Named != nil {
		if named, ok := k.Named(key)[name]; ok && named.RawEquals(v) {
			return true
		}
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		return v.AsString() != "" && strings.HasSuffix(key, v.AsString())
	case (ty.IsSetType() || ty.IsListType()) && ty.ElementType() == cty.String:
		return slices.ContainsFunc(v.AsValueSlice(), func(e cty.Value) bool { return strings.Contains(key, e.AsString()) })
	}
	return false
}

// isSameHidden compares two values by their digests; at least one of them is hidden.
func isSameHidden(x, y cty.Value) bool {
	a, b := hiddenBlob(x), hiddenBlob(y)
	return a != nil && b != nil && a.Same(b)
}

// hiddenBlob returns the content by which a hidden value is compared; nil if there is none.
func hiddenBlob(v cty.Value) *Blob {
	if b := AsBlob(v); b != nil {
		return b
	}
	if text, _, ok := HiddenText(v); ok {
		return BytesBlob(text)
	}
	return nil
}

// checkKnown returns an error if only the digest is known of a value to be restored.
func (u *RevertTarget) checkKnown(k *Kind) error {
	for i := range k.Attrs {
		a := &k.Attrs[i]
		v, ok := u.Want[a.Name]
		if !ok || !a.IsHidden(v) {
			continue
		}
		r, err := AsBlob(v).Open()
		if errors.Is(err, fs.ErrNotExist) && k.BareRecord != nil { // the others of its kind are restored without it
			return Forgotten("its old " + a.Name + " is a secret that is not kept any more (settings keep_secrets), so it stays as it is")
		}
		if err != nil {
			return fmt.Errorf("cannot put its old %s back: %w", a.Name, err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return fmt.Errorf("cannot put its old %s back: %w", a.Name, err)
		}
		u.Want[a.Name] = cty.StringVal(string(text))
	}
	return nil
}

// LacksSecret reports whether a secret of a resource from the journal is not known: there is only a digest, or not
// even that.
func (r *Resource) LacksSecret() bool {
	for name := range r.Secret {
		if a, known := r.Kind.Attr(name); known && (!HasAttr(r.Want, name) || a.IsHidden(GetAttr(r.Want, name))) {
			return true
		}
	}
	return false
}
