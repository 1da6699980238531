package journal

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource"
)

// contentJSON is the form of a content or a secret in a step, see valueEncoder.
type contentJSON struct {
	Content *struct {
		Digest string `json:"digest"`
		Size   *int64 `json:"size"`
	} `json:"$content"`
	Secret bool `json:"$secret"`
	JSON   bool `json:"$json"` // the content is the JSON of the value

	// Bare is the part of a record that remains when its content is forgotten; "": nothing.
	Bare string `json:"$bare"`
}

// errNotKept is the error of reading an old content that is not kept.
var errNotKept error = missing("it is not kept in the state folder, or was forgotten (settings keep, keep_secrets)")

// missing is an error about something that does not exist; it is [fs.ErrNotExist].
type missing string

func (m missing) Error() string { return string(m) }

func (missing) Is(target error) bool { return target == fs.ErrNotExist }

// Value decodes the Before or the After of a step of that kind. A content becomes a [resource.Blob] that is found by
// its digest when it is opened. A kept secret gets its old value; any other secret becomes a Blob that can only be
// compared ([resource.Attr.IsHidden]), and a secret without a digest is omitted: see [contents.Hidden]. secret names
// the attributes that must not be shown.
func (b *contents) Value(raw json.RawMessage, k *resource.Kind) (v cty.Value, secret map[string]bool, err error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return cty.NilVal, nil, fmt.Errorf("cannot read a step: %w", err)
	}
	if m == nil {
		return resource.Absent, nil, nil
	}
	attrs := make(map[string]cty.Value, len(m))
	secret = map[string]bool{}
	for name, text := range m {
		var c contentJSON
		if text[0] == '{' && json.Unmarshal(text, &c) == nil && (c.Content != nil || c.Secret) {
			if c.Secret {
				secret[name] = true
			}
			if c.Content == nil || c.Content.Digest == "" {
				continue
			}
			if attrs[name], err = b.contentValue(&c, k, name); err != nil {
				return cty.NilVal, nil, fmt.Errorf("cannot read a step: %s: %w", name, err)
			}
			continue
		}
		if attrs[name], err = attrValue(text, k, name); err != nil {
			return cty.NilVal, nil, fmt.Errorf("cannot read a step: %s: %w", name, err)
		}
	}
	return cty.ObjectVal(attrs), secret, nil
}

// contentValue decodes an attribute whose digest the journal contains.
func (b *contents) contentValue(c *contentJSON, k *resource.Kind, name string) (cty.Value, error) {
	content := b.contentOf(c.Content.Digest, c.Content.Size)
	a, known := k.Attr(name)
	if c.Bare != "" {
		if _, _, err := b.findBlob(c.Content.Digest); err != nil {
			return cty.StringVal(c.Bare), nil
		}
	}
	if !c.JSON && (!c.Secret || !known || a.HoldsContent()) {
		return resource.BlobVal(content), nil
	}
	text, err := readAll(content)
	switch {
	case err != nil: // it was never kept, or no longer is
		return resource.BlobVal(b.hiddenContent(c.Content.Digest)), nil
	case c.JSON:
		return attrValue(text, k, name)
	}
	return cty.StringVal(string(text)), nil
}

// hiddenContent returns a content of which only the digest is known.
func (b *contents) hiddenContent(digest string) *resource.Blob {
	seal := b.seal.sealDigest
	if !isSealed(digest) {
		seal = func(plain string) string { return plain }
	}
	return resource.SealedBlob(digest, seal, func() (io.ReadCloser, error) {
		return nil, fmt.Errorf("cannot read content %.12s: %w", digest, errNotKept)
	})
}

// Hidden names the secret attributes of the Before or the After of a step that have no digest either. Versions that
// kept no digests wrote these.
func (b *contents) Hidden(raw json.RawMessage) map[string]bool {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	out := map[string]bool{}
	for name, text := range m {
		var c contentJSON
		if text[0] == '{' && json.Unmarshal(text, &c) == nil && c.Secret && (c.Content == nil || c.Content.Digest == "") {
			out[name] = true
		}
	}
	return out
}

func attrValue(text json.RawMessage, k *resource.Kind, name string) (cty.Value, error) {
	typ := cty.DynamicPseudoType
	if a, ok := k.Attr(name); ok {
		typ = a.Type
	}
	if typ != cty.DynamicPseudoType {
		return ctyjson.Unmarshal(text, typ)
	}
	typ, err := ctyjson.ImpliedType(text)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(text, typ)
}

func readAll(b *resource.Blob) ([]byte, error) {
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Written returns the content whose digest the ledger contains.
func (b *contents) Written(digest string) *resource.Blob { return b.contentOf(digest, nil) }

// contentOf returns the content with a digest of the journal, kept or not.
func (b *contents) contentOf(digest string, known *int64) *resource.Blob {
	if kept, err := b.Kept(digest); err == nil {
		return kept
	}
	lost := b.hiddenContent(digest)
	if isSealed(digest) {
		return lost
	}
	size := int64(-1)
	if known != nil {
		size = *known
	}
	return resource.DigestBlob(digest, size, lost.Open)
}
