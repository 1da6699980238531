package journal

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource"
)

// valueEncoder encodes sparse objects for the record.
type valueEncoder struct {
	secret func(name string) bool
	scrub  func(string) string    // removes secrets; nil: none are known
	shown  func(name string) bool // whether an attribute has its value in the manifest; nil: none does
	keep   keeper                 // saves what undo must find again; nil: nothing need be saved
	kind   *resource.Kind         // of a wanted value; keepMore saves what undoing needs, see [resource.Kind.KeepsWanted]
	seal   sealer

	keepMore keeper

	// bare returns the part of a change's record that may stay when secrets are forgotten; nil: nothing.
	bare func(name string, record []byte) string
}

// keeper saves a content and returns its digest.
type keeper func(content []byte) (digest string, err error)

// digestOnly is the keeper of wanted values: a new secret is not kept, but a rollback and prune recognise it by its
// digest.
func digestOnly(content []byte) (string, error) {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

// usualObject is the size in bytes of the attributes of most files.
const usualObject = 256

// encodeObject encodes an object of the attributes, null if the thing does not exist. It only writes the digest and
// size of a content, and nothing of a secret:
//
//	{"content":{"$content":{"digest":"…","size":9}},"key":{"$secret":true},"mode":"0644","path":"/etc/motd"}
//
// The exception is the sealed digest of a secret content, or of any other secret that keep saves as a content: undo
// needs it to find the old one and to recognise the new one. keep saves a secret that is not a text as JSON, and also
// a text if the kind does not call the attribute secret; "$json" marks that.
func (e *valueEncoder) encodeObject(v cty.Value) (json.RawMessage, error) {
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
	b.Grow(usualObject)
	b.WriteByte('{')
	for it := v.ElementIterator(); it.Next(); { // by name
		k, a := it.Element()
		name := k.AsString()
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		encodeString(&b, name)
		b.WriteByte(':')
		if err := e.writeAttr(&b, name, a); err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (e *valueEncoder) writeAttr(buf *bytes.Buffer, name string, v cty.Value) error {
	switch {
	case v.ContainsMarked():
		buf.WriteString(`{"$secret":true}`)
	case e.secret != nil && e.secret(name):
		return e.hideAttr(buf, name, v, false)
	case e.scrub != nil && name != "ensure" && (e.shown == nil || !e.shown(name)) && holdsSecret(v, e.scrub):
		return e.hideAttr(buf, name, v, true)
	case v.IsNull():
		buf.WriteString("null")
	case v.Type() == cty.String && v.IsKnown():
		encodeString(buf, v.AsString())
	case resource.AsBlob(v) != nil:
		encodeContent(buf, resource.AsBlob(v))
	default:
		text, err := ctyjson.Marshal(v, v.Type())
		buf.Write(text)
		return err
	}
	return nil
}

// holdsSecret reports whether scrub finds a secret in a text of a value.
func holdsSecret(v cty.Value, scrub func(string) string) bool {
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String && !v.CanIterateElements() {
		return false
	}
	found := false
	// The callback never returns an error, so neither does Walk.
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) {
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			found = found || scrub(e.AsString()) != e.AsString()
		}
		return !found, nil
	})
	return found
}

// hideAttr writes a secret attribute; found means that the kind does not call it secret.
func (e *valueEncoder) hideAttr(buf *bytes.Buffer, name string, v cty.Value, found bool) (err error) {
	if b := resource.AsBlob(v); b != nil {
		digest, _ := b.Digest() // if it cannot be read, the change itself will report that
		e.writeHidden(buf, e.seal.sealDigest(cmp.Or(digest, b.Sealed())), false)
		return nil
	}
	text, isJSON, ok := resource.HiddenText(v)
	if !ok || e.keep == nil {
		e.writeHidden(buf, "", false)
		return nil
	}
	if found && !isJSON {
		isJSON = true
		if text, err = ctyjson.Marshal(v, v.Type()); err != nil {
			return err
		}
	}
	keep := e.keep
	if e.kind.KeepsWanted(name) {
		keep = e.keepMore
	}
	digest, err := keep(text)
	if err == nil {
		h := hiddenText{sealed: e.seal.sealDigest(digest), isJSON: isJSON}
		if e.bare != nil && !isJSON {
			h.bare = e.bare(name, text)
		}
		h.write(buf)
	}
	return err
}

func (e *valueEncoder) writeHidden(buf *bytes.Buffer, sealed string, isJSON bool) {
	hiddenText{sealed: sealed, isJSON: isJSON}.write(buf)
}

// hiddenText is the form of a secret in a step.
type hiddenText struct {
	sealed string // digest; "": unknown
	isJSON bool
	bare   string // the part of a record that stays, see [resource.Kind.BareRecord]
}

func (h hiddenText) write(buf *bytes.Buffer) {
	sealed, isJSON := h.sealed, h.isJSON
	if sealed == "" {
		buf.WriteString(`{"$secret":true}`)
		return
	}
	fmt.Fprintf(buf, `{"$content":{"digest":"%s"},"$secret":true`, sealed)
	if isJSON {
		buf.WriteString(`,"$json":true`)
	}
	if h.bare != "" {
		buf.WriteString(`,"$bare":`)
		encodeString(buf, h.bare)
	}
	buf.WriteByte('}')
}

func encodeContent(buf *bytes.Buffer, b *resource.Blob) {
	digest, err := b.Digest()
	if err != nil {
		// The content cannot be read or fetched: the change itself will report that, or repair it.
		fmt.Fprintf(buf, `{"$content":{"unknown":true,"size":%d}}`, b.Size)
		return
	}
	fmt.Fprintf(buf, `{"$content":{"digest":"%s","size":%d}}`, digest, b.Size)
}

// writtenBy is the digest of the content that c wrote, sealed if it is sensitive, "" if it wrote none. written is the
// digest of what converge wrote there before, "" if nothing.
func (s sealer) writtenBy(c resource.Change, written string) (string, error) {
	var wrote func(string) bool
	if written != "" {
		wrote = func(digest string) bool { return s.isSame(written, digest) }
	}
	b := c.WrittenContent(wrote)
	if b == nil {
		return "", nil
	}
	digest, err := b.Digest()
	if err == nil && isSecret(c, c.Kind.ContentAttr) {
		digest = s.sealDigest(digest)
	}
	return digest, err
}

// isSecret reports whether an attribute of a change is sensitive.
func isSecret(c resource.Change, name string) bool { return isSecretIn(c.Secret, c.Attrs, name) }

func isSecretIn(secret map[string]bool, attrs []resource.AttrChange, name string) bool {
	return secret[name] || slices.ContainsFunc(attrs, func(a resource.AttrChange) bool { return a.Secret && a.Name == name })
}

// secretsOf returns a function that reports whether an attribute of a change is written as a secret. It does not keep
// the change alive, because thousands are described in a row.
func secretsOf(c resource.Change) func(name string) bool {
	secret, attrs := c.Secret, c.Attrs
	return func(name string) bool { return name != "ensure" && isSecretIn(secret, attrs, name) } // the action shows it, too
}

// describer describes resources and changes in the form of the journal: without secrets. Its fields are set after
// [State.Start].
type describer struct {
	// Site finds the resource with an address, so that a rollback knows the notified targets. nil: none is known.
	Site func(resource.Addr) *resource.Resource

	// Scrub removes sensitive strings from a text. nil: there are none.
	Scrub func(string) string

	// Former are the attributes of things, by key, that count as sensitive only because their last written values
	// were.
	Former map[string]map[string]bool

	// RecordsSecrets reports whether the record of a change has bytes of a file that also holds secrets. nil: none
	// has.
	RecordsSecrets func(resource.Change) bool

	contents *contents
}

// scrubText returns text without its secrets, in a form that JSON can hold.
func (d *describer) scrubText(text string) string {
	if d.Scrub != nil {
		text = d.Scrub(text)
	}
	return resource.EncodeInvalid(text)
}

// describeChange describes a change.
func (d *describer) describeChange(ctx context.Context, c resource.Change) (*beginRecord, error) {
	e := valueEncoder{
		secret: secretsOf(d.hideStruck(d.hideRecord(c), c.Have)),
		scrub:  d.Scrub, seal: d.contents.seal,
		keep: func(b []byte) (string, error) { return d.contents.KeepBytes(ctx, b) },
		bare: d.bareRecordOf(c),
	}
	before, err := e.encodeObject(c.Have)
	if err != nil {
		return nil, err
	}
	e.kind, e.keep, e.keepMore = c.Kind, digestOnly, e.keep
	e.shown = isGiven(c.Kind)
	e.secret = secretsOf(d.hideStruck(d.asDeclared(d.hideRecord(c)), c.Want))
	after, err := e.encodeObject(c.Want)
	if err != nil {
		return nil, err
	}
	return &beginRecord{Addr: c.Addr, Key: c.Key, Also: c.Undeclared, Action: c.Action, Before: before, After: after, Dirs: stagingDirs(c)}, nil
}

// DescribeWanted describes the wanted state of a resource.
func (d *describer) DescribeWanted(res *resource.Resource) (json.RawMessage, error) {
	e := valueEncoder{secret: func(name string) bool { return res.Secret[name] }, scrub: d.Scrub, shown: isGiven(res.Kind), seal: d.contents.seal}
	return e.encodeObject(res.Want)
}

// isGiven returns a function that reports whether the manifest gives a wanted attribute, directly or as text from
// which it is made: secrets in it are marked. A word that is a secret elsewhere may be a part of a path or a name
// here, and is needed to take the change back. The record of a change may contain any text that was found in a file.
func isGiven(k *resource.Kind) func(name string) bool {
	return func(name string) bool { return k != nil && name != k.RecordAttr }
}
