package repository

import (
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestFoldersGoWithTheRepository: folders that were made for a repository's files are removed with it, and no others.
func TestFoldersGoWithTheRepository(t *testing.T) {
	ours := newSigner(t, "ours", 0)
	for _, c := range []struct {
		name   string
		beside map[string]string // files that exist before
		later  map[string]string // files that others add
		left   []string          // folders below /etc/apt
	}{
		{name: "none was there"},
		{name: "all were there", beside: map[string]string{"/etc/apt/keyrings/x": "", "/etc/apt/sources.list.d/x": ""}, left: []string{"keyrings", "sources.list.d"}},
		{name: "another key came", later: map[string]string{"/etc/apt/keyrings/other.asc": ""}, left: []string{"keyrings"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"/srv/deb/dists/stable/InRelease": ours.clearsign(t, "Origin: x\n"), "/etc/.keep": ""}
			for p, text := range c.beside {
				files[p] = text
			}
			m := newMachine(t, files)
			before := m.dump(false)
			change(t, m, "provider", "apt", "url", "file:/srv/deb", "suites", []string{"stable"}, "components", []string{"main"}, "key", ours.armored)
			for p, text := range c.later {
				m.write(p, text)
			}
			change(t, m, "provider", "apt", "ensure", "absent")
			if after := m.dump(false); len(c.later) == 0 && after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			if got := foldersBelow(m.dump(false), "/etc/apt/"); !slices.Equal(got, c.left) {
				t.Errorf("left %q, want %q", got, c.left)
			}
		})
	}
}

func foldersBelow(dump, dir string) (names []string) {
	for line := range strings.Lines(dump) {
		p, _, _ := strings.Cut(line, " ")
		if name, ok := strings.CutPrefix(p, dir); ok && name != "" && strings.HasSuffix(name, "/") {
			names = append(names, strings.TrimSuffix(name, "/"))
		}
	}
	return names
}

// change applies the declared repository.
func change(t *testing.T, m *machine, attrs ...any) {
	t.Helper()
	r, err := m.resource(attrs...)
	var have cty.Value
	if err == nil {
		have, err = m.Provider.Observe(t.Context(), r.Want)
	}
	if err == nil {
		err = m.Provider.Apply(t.Context(), resource.Diff(r, have))
	}
	if err != nil {
		t.Fatal(err)
	}
}
