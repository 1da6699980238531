package resourcetest

import (
	"context"
	"strings"
	"testing"

	"converge/internal/resource"
)

// OddNames are paths that JSON or Unicode normalisation would change, and similar ones that they would not.
func OddNames() []string {
	return []string{
		"/p/plain", "/p/é", "/p/e\u0301", "/p/a\xe8", "/p/a\xe9/b", "/\xff\xfe", "/p/\u0301x", "/p/\U0010ffe8", "/p/a\xe8\U0010ffe8",
		"/p/\xf4\x8f\xbf", "/p/日本", "/p/\u1100\u1161", "/p/a\u0323\u0307/b\xe8", "/p/\x01\x7f", "/p/q\\xe8", "/", "",
	}
}

// twoNames declares the thing by another of its names: it counts as right, and drift is seen and repaired by either
// name.
func (s Suite) twoNames(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	other := s.resource(t, w, c.Name, c.OtherName(t, w))
	Converge(t, r)
	untouched(t, w, other)
	for _, d := range c.Drifts {
		d.Do(t, w)
		if Plan(t, other).Empty() {
			t.Fatalf("%s is not seen by the other name", d.Name)
		}
		Converge(t, other)
		untouched(t, w, r)
	}
}

// bytes declares things whose names have any bytes. Each is refused before anything is written, or made, left alone
// and removed like any other.
func (s Suite) bytes(t *testing.T) {
	w := s.world(t)
	for _, name := range append(OddNames(), "a\nb", "-x", "a b", ":", ".", strings.Repeat("x", 300)) {
		want, gone := s.Named(resource.EncodeText(name))
		before := w.Fingerprint(t)
		r, err := Build(s.Kind(w.Provider), w, "odd", want)
		if err == nil {
			_, err = r.Provider().Observe(context.Background(), r.Want)
		}
		if err != nil {
			same(t, w, before, "refusing the name "+strings.ToValidUTF8(name, "?"))
			continue
		}
		Converge(t, r)
		untouched(t, w, r)
		if gone == nil {
			continue
		}
		absent, err := Build(s.Kind(w.Provider), w, "odd", gone)
		if err != nil {
			continue // it exists always and cannot be removed, like the root directory
		}
		Converge(t, absent)
		untouched(t, w, absent)
	}
}
