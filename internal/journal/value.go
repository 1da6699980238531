package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/resources"
)

// stateJSON is a sparse object for the record: an object of its attributes,
// null if the thing does not exist. A content is told by digest and size
// alone, and a secret not at all:
//
//	{"content":{"$content":{"digest":"…","size":9}},"key":{"$secret":true},"mode":"0644","path":"/etc/motd"}
//
// but for its digest where the secret is a content, or a text that keep saves
// as one, by which undo finds the old one. keep is nil for what need not be
// found again.
func stateJSON(v cty.Value, secret func(name string) bool, keep keeper) (json.RawMessage, error) {
	if v == cty.NilVal || !v.IsMarked() && v.IsNull() {
		return json.RawMessage("null"), nil
	}
	if v.IsMarked() {
		return nil, errors.New("it is marked as a whole")
	}
	if !v.Type().IsObjectType() {
		return nil, fmt.Errorf("it is %s, not an object", v.Type().FriendlyName())
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for it := v.ElementIterator(); it.Next(); { // by name
		k, a := it.Element()
		name := k.AsString()
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		encodeString(&b, name)
		b.WriteByte(':')
		if err := encodeAttr(&b, a, secret(name), keep); err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func encodeAttr(buf *bytes.Buffer, v cty.Value, secret bool, keep keeper) error {
	switch {
	case v.ContainsMarked():
		buf.WriteString(`{"$secret":true}`)
	case secret:
		return encodeSecret(buf, v, keep)
	case v.IsNull():
		buf.WriteString("null")
	case v.Type() == cty.String && v.IsKnown():
		encodeString(buf, v.AsString())
	case resources.AsBlob(v) != nil:
		encodeContent(buf, resources.AsBlob(v))
	default:
		text, err := ctyjson.Marshal(v, v.Type())
		buf.Write(text)
		return err
	}
	return nil
}

// keeper saves a content and returns its digest.
type keeper func(content []byte) (digest string, err error)

func encodeSecret(buf *bytes.Buffer, v cty.Value, keep keeper) (err error) {
	digest := ""
	if b := resources.AsBlob(v); b != nil {
		digest, _ = b.Digest() // if it cannot be read, the change itself will say so
	} else if keep != nil && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		if digest, err = keep([]byte(v.AsString())); err != nil {
			return err
		}
	}
	if digest == "" {
		buf.WriteString(`{"$secret":true}`)
		return nil
	}
	fmt.Fprintf(buf, `{"$content":{"digest":"%s"},"$secret":true}`, digest)
	return nil
}

func encodeContent(buf *bytes.Buffer, b *resources.Blob) {
	digest, err := b.Digest()
	if err != nil {
		// What is there cannot be read, or what should be cannot be had: the
		// change itself will say so, or make it good.
		fmt.Fprintf(buf, `{"$content":{"unknown":true,"size":%d}}`, b.Size)
		return
	}
	fmt.Fprintf(buf, `{"$content":{"digest":"%s","size":%d}}`, digest, b.Size)
}

// writtenBy is the digest of the content that c wrote, "" if it wrote none.
// written is what converge had written there before, "" if nothing.
func writtenBy(c resources.Change, written string) (string, error) {
	if c.Want == cty.NilVal || c.Want.IsNull() || !c.Want.Type().IsObjectType() {
		return "", nil
	}
	for it := c.Want.ElementIterator(); it.Next(); {
		name, a := it.Element()
		b := resources.AsBlob(a)
		if b == nil || !c.Differs(name.AsString()) {
			continue
		}
		if c.Parks(written) {
			return "", nil
		}
		return b.Digest()
	}
	return "", nil
}
