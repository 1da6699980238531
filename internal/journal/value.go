package journal

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/resources"
)

// stateJSON is a sparse object for the record: an object of its attributes,
// null if the thing does not exist. A content is told by digest and size
// alone, and a secret not at all:
//
//	{"path":"/etc/motd","mode":"0644","content":{"$content":{"digest":"…","size":9}},"key":{"$secret":true}}
func stateJSON(v cty.Value, secret func(name string) bool) (json.RawMessage, error) {
	if v == cty.NilVal || !v.IsMarked() && v.IsNull() {
		return json.RawMessage("null"), nil
	}
	if v.IsMarked() || !v.Type().IsObjectType() {
		return nil, fmt.Errorf("it is %s, not an object", v.Type().FriendlyName())
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for it := v.ElementIterator(); it.Next(); { // by name
		k, a := it.Element()
		name := k.AsString()
		text, err := attrJSON(a, secret(name))
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		q, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b.Write(q)
		b.WriteByte(':')
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func attrJSON(v cty.Value, secret bool) ([]byte, error) {
	switch {
	case secret, v.ContainsMarked():
		return []byte(`{"$secret":true}`), nil
	case v.IsNull():
		return []byte("null"), nil
	}
	b := resources.AsBlob(v)
	if b == nil {
		return ctyjson.Marshal(v, v.Type())
	}
	content := map[string]any{"size": b.Size}
	if digest, err := b.Digest(); err == nil {
		content["digest"] = digest
	} else {
		// What is there cannot be read, or what should be cannot be had: the
		// change itself will say so, or make it good.
		content["unknown"] = true
	}
	return json.Marshal(map[string]any{"$content": content})
}

// contentDigest is the digest of the content that c wants, "" if it wants none.
func contentDigest(c resources.Change) (string, error) {
	if c.Want == cty.NilVal || c.Want.IsNull() || !c.Want.Type().IsObjectType() {
		return "", nil
	}
	for it := c.Want.ElementIterator(); it.Next(); {
		if _, a := it.Element(); resources.AsBlob(a) != nil {
			return resources.AsBlob(a).Digest()
		}
	}
	return "", nil
}
