package files_test

import (
	"testing"

	"converge/internal/providers/files"
	"converge/resources"
	"converge/resources/resourcetest"
)

func TestForesee(t *testing.T) {
	for _, c := range []struct {
		summary string
		want    []any
		err     string
	}{
		{"a folder that is there", []any{"path", "/a", "content", "x"}, ""},
		{"a folder that is not there", []any{"path", "/no/a", "content", "x"}, `cannot create "/no/a": there is no directory "/no"`},
		{"an owner that is not there", []any{"path", "/a", "content", "x", "owner", "nobodyhere"}, `cannot write "/a": no user "nobodyhere"`},
		{"an owner by number needs not be there", []any{"path", "/a", "content", "x", "owner", "12345"}, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs(c.want...))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.p.Foresee(t.Context(), resourcetest.Plan(t, r)); text(err) != c.err {
				t.Errorf("got %v, want %s", err, c.err)
			}
		})
	}
}
