package resourcetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// undone makes each of a case's changes, takes it back as a rollback does, and
// compares the machine with what it was before: the creation, the repair of
// each drift, the removal.
func (s Suite) undone(t *testing.T, c Case) {
	if c.Irreversible != "" {
		return
	}
	t.Run("creation", func(t *testing.T) {
		w, r := s.begin(t, c)
		s.undo(t, w, r)
	})
	for _, d := range c.Drifts {
		if d.Irreversible != "" {
			continue
		}
		t.Run("repair/"+d.Name, func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			d.Do(t, w)
			s.undo(t, w, r)
		})
	}
	if c.Gone != nil {
		t.Run("removal", func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			s.undo(t, w, s.resource(t, w, c.Name, c.Gone))
		})
	}
}

// undo applies r, takes that back, and compares.
func (s Suite) undo(t testing.TB, w *World, r *resource.Resource) {
	t.Helper()
	before := w.State(t)
	j := journal{contents: map[string][]byte{}, provider: w.Content}
	j.apply(t, r)
	for _, e := range slices.Backward(j.entries) {
		for _, back := range s.revert(t, w, e, j.content) {
			Converge(t, back)
		}
	}
	if after := w.State(t); after != before {
		t.Fatalf("undone, and yet it is not as it was:\n%s", firstDifference(before, after))
	}
}

// revert returns the resources that take one change back.
func (s Suite) revert(t testing.TB, w *World, e entry, content func(string) (*resource.Blob, error)) []*resource.Resource {
	t.Helper()
	k := s.kind(t, w, e.addr.Kind)
	targets, err := k.Undo(resource.Past{Name: e.addr.Name, Before: e.before, After: e.after, Also: e.also, Purge: true, Content: content})
	if err != nil {
		t.Fatalf("%s: undo: %v", e.addr, err)
	}
	var out []*resource.Resource
	for _, u := range targets {
		of := k
		if u.Kind != "" {
			of = s.kind(t, w, u.Kind)
		}
		if made := (&resource.Resource{Kind: of, Want: cty.ObjectVal(u.Made)}); u.Made != nil {
			if c := Plan(t, made); !c.Empty() {
				t.Fatalf("%s: undo takes what the run made for changed since: it would %s: %s", e.addr, c.Action, Names(c))
			}
		}
		want := cty.ObjectVal(u.Want)
		out = append(out, &resource.Resource{Addr: resource.Addr{Kind: of.Name, Name: e.addr.Name}, Kind: of, Want: want, Secret: of.Secrets(want, nil)})
	}
	return out
}

// kind returns the suite's kind, or the one beside it that an undo names.
func (s Suite) kind(t testing.TB, w *World, name string) *resource.Kind {
	t.Helper()
	for _, k := range append([]*resource.Kind{s.Kind(w.Provider)}, w.Beside...) {
		if k.Name == name {
			return k
		}
	}
	t.Fatalf("undo names the kind %q, which the world does not have beside its own", name)
	return nil
}

// journal keeps of a change what the journal of a run keeps: the state before
// with its contents, and what was wanted, without secrets.
type journal struct {
	entries  []entry
	contents map[string][]byte
	provider func(digest string) (*resource.Blob, error)
}

type entry struct {
	addr          resource.Addr
	before, after cty.Value
	also          bool
}

// apply plans r, records what undoing takes, and makes the change.
func (j *journal) apply(t testing.TB, r *resource.Resource) {
	t.Helper()
	c := Plan(t, r)
	if c.Empty() {
		t.Fatal("there is nothing to change")
	}
	full, also := record(t, r.Provider(), c)
	for _, a := range also {
		j.entries = append(j.entries, entry{a.Addr, j.keep(t, nil, a.Have), a.Want, true})
	}
	j.entries = append(j.entries, entry{r.Addr, j.keep(t, r.Kind, full.Have), hideSecrets(r.Kind, full.Want), false})
	apply(t, r, c)
}

// record asks the provider for what undoing c takes.
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
	sum := sha256.Sum256(data)
	j.contents[hex.EncodeToString(sum[:])] = data
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

// hideSecrets drops the attributes that the journal does not keep.
func hideSecrets(k *resource.Kind, v cty.Value) cty.Value {
	m := resource.AttrsOf(v)
	for name := range k.Secrets(v, nil) {
		if a, ok := k.Attr(name); ok && a.Secret {
			delete(m, name)
		}
	}
	return cty.ObjectVal(m)
}
