package resourcetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// journal keeps of a change what the journal of a run keeps: the state before with its contents, and the wanted state,
// without secrets.
type journal struct {
	entries  []entry
	contents map[string][]byte
	provider func(digest string) (*resource.Blob, error)
}

type entry struct {
	addr          resource.Addr
	key           string // of the ledger; "" of what nobody declares
	before, after cty.Value
	secret        map[string]bool
	also          bool
	unfinished    bool // it was stopped before its end
}

// apply plans r, records what undoing needs, and makes the change.
func (j *journal) apply(t testing.TB, r *resource.Resource) {
	t.Helper()
	apply(t, r, j.record(t, r))
}

// record plans r, records what undoing needs, and returns the change.
func (j *journal) record(t testing.TB, r *resource.Resource) resource.Change {
	t.Helper()
	c := Plan(t, r)
	if c.Empty() {
		t.Fatal("there is nothing to change")
	}
	full, also := record(t, r.Provider(), c)
	for _, a := range also {
		j.entries = append(j.entries, entry{addr: a.Addr, before: j.keep(t, nil, a.Have), after: a.Want, also: true})
	}
	j.entries = append(j.entries, entry{addr: r.Addr, key: keyOf(r), before: j.keep(t, r.Kind, full.Have), after: hideSecrets(r.Kind, full.Want, full.Secret), secret: full.Secret})
	return c
}

// record asks the provider for what undoing c needs.
func record(t testing.TB, p resource.Provider, c resource.Change) (full resource.Change, also []resource.Change) {
	t.Helper()
	r, ok := p.(resource.Recorder)
	if !ok {
		return c, nil
	}
	full, also, err := r.Record(context.Background(), c)
	if err != nil {
		t.Fatalf("%s: record: %v", c.Addr, err)
	}
	return full, also
}

// keep returns v with contents that no later change can alter. A secret text is
// kept as a content too.
func (j *journal) keep(t testing.TB, k *resource.Kind, v cty.Value) cty.Value {
	t.Helper()
	m := resource.AttrsOf(v)
	if m == nil {
		return v
	}
	for name, a := range m {
		b := resource.AsBlob(a)
		if b == nil && k != nil && a.Type() == cty.String && !a.IsNull() {
			if attr, ok := k.Attr(name); ok && attr.Secret {
				b = resource.BytesBlob([]byte(a.AsString()))
			}
		}
		if b != nil {
			m[name] = resource.BlobVal(resource.BytesBlob(j.save(t, b)))
		}
	}
	return cty.ObjectVal(m)
}

func (j *journal) save(t testing.TB, b *resource.Blob) []byte {
	t.Helper()
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	j.contents[digestOf(data)] = data
	return data
}

func (j *journal) content(digest string) (*resource.Blob, error) {
	if data, ok := j.contents[digest]; ok {
		return resource.BytesBlob(data), nil
	}
	if j.provider == nil {
		return nil, fmt.Errorf("content %s was not kept", digest)
	}
	return j.provider(digest)
}

// hideSecrets replaces the attributes that the journal keeps as a digest only.
func hideSecrets(k *resource.Kind, v cty.Value, secret map[string]bool) cty.Value {
	m := resource.AttrsOf(v)
	for name := range secret {
		if text, _, ok := resource.HiddenText(resource.GetAttr(v, name)); ok && !k.KeepsWanted(name) {
			m[name] = resource.BlobVal(resource.SealedBlob("sealed "+digestOf(text), func(plain string) string { return "sealed " + plain }, func() (io.ReadCloser, error) {
				return nil, fmt.Errorf("the secret %s is not kept", name)
			}))
		}
	}
	return cty.ObjectVal(m)
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
