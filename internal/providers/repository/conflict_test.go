package repository

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestTwoSigners: each row is another definition of the same suite, or what the site declares of it, and whether apt
// could still read its sources.
func TestTwoSigners(t *testing.T) {
	const (
		list    = "/etc/apt/sources.list.d/other.list"
		sources = "/etc/apt/sources.list.d/other.sources"
		mine    = "Types: deb\nURIs: file:///srv/\nSuites: ./\n"
	)
	for name, tt := range map[string]struct {
		path, text string
		declared   []any // another repository of the site
		refused    bool
	}{
		"none":                     {},
		"another key":              {path: list, text: "deb [arch=amd64 signed-by=/k.asc] file:/srv/ ./\n", refused: true},
		"another key, of sources":  {path: "/etc/apt/sources.list", text: "deb-src [signed-by=/k.asc] file:/srv ./ # x\n", refused: true},
		"another key, as a stanza": {path: sources, text: mine + "Signed-By: /k.asc\n", refused: true},
		"a key in it":              {path: sources, text: mine + "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n x\n", refused: true},
		"the same":                 {path: list, text: "deb [signed-by=/etc/apt/keyrings/acme.asc] file:/srv ./\n"},
		"none after it":            {path: list, text: "deb file:/srv ./\n", refused: true},
		"none before it":           {path: "/etc/apt/sources.list", text: "deb file:/srv ./\n"},
		"of another suite":         {path: list, text: "deb [signed-by=/k.asc] file:/srv x/\n"},
		"of another place":         {path: list, text: "deb [signed-by=/k.asc] file:/srv2 ./\n"},
		"a comment":                {path: list, text: "# deb [signed-by=/k.asc] file:/srv ./\n"},
		"switched off":             {path: sources, text: "Enabled: no\n" + mine + "Signed-By: /k.asc\n"},
		"with spaces, the same":    {path: sources, text: mine + "Signed-By: ,/etc/apt/keyrings/acme.asc\n"},
		"with spaces, another":     {path: sources, text: mine + "Signed-By: /etc/apt/keyrings/acme.asc /k.asc\n", refused: true},
		"of a hidden file":         {path: "/etc/apt/sources.list.d/.hid.list", text: "deb [signed-by=/k.asc] file:/srv ./\n"},
		"of a file with a plus":    {path: "/etc/apt/sources.list.d/old+repo.list", text: "deb [signed-by=/k.asc] file:/srv ./\n"},
		"of a file with a blank":   {path: "/etc/apt/sources.list.d/old repo.list", text: "deb [signed-by=/k.asc] file:/srv ./\n"},
		"of a file with a tilde":   {path: "/etc/apt/sources.list.d/x~.list", text: "deb [signed-by=/k.asc] file:/srv ./\n"},
		"of a file with a colon":   {path: "/etc/apt/sources.list.d/a:b_c-1.list", text: "deb [signed-by=/k.asc] file:/srv ./\n", refused: true},
		"of a file that apt skips": {path: list + ".bak", text: "deb [signed-by=/k.asc] file:/srv ./\n"},
		"of another block":         {declared: []any{"name", "other"}, refused: true},
		"of a block that goes":     {path: sources, text: mine + "Signed-By: /k.asc\n", declared: []any{"name", "other", "ensure", "absent"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, nil)
			if tt.path != "" {
				m.write(tt.path, tt.text)
			}
			attrs := []any{"provider", "apt", "url", "file:/srv", "suites", []string{"./"}, "options", map[string]any{"Signed-By": "/etc/apt/keyrings/acme.asc"}}
			r, err := m.resource(attrs...)
			if err != nil {
				t.Fatal(err)
			}
			rs := []*resource.Resource{r}
			if tt.declared != nil {
				attrs[len(attrs)-1] = map[string]any{"Signed-By": "/k.asc"}
				if len(tt.declared) > 2 {
					attrs = []any{"provider", "apt"}
				}
				other, err := m.resource(append(attrs, tt.declared...)...)
				if err != nil {
					t.Fatal(err)
				}
				rs = append(rs, other)
			}
			m.Provider.Declare(rs)
			c := resourcetest.Plan(t, r)
			blocked := m.Provider.Review(t.Context(), c, resource.Outlook{}).Blocked
			if (blocked != nil) != tt.refused || tt.refused && !strings.Contains(blocked.Error(), "two values of Signed-By") {
				t.Errorf("the plan says %v", blocked)
			}
			if err := m.Provider.Apply(t.Context(), c); (err != nil) != tt.refused {
				t.Errorf("the change says %v", err)
			}
		})
	}
}

// TestSignersAreCompared: each row is what the repository and a line besides name as signers, and whether apt takes both.
func TestSignersAreCompared(t *testing.T) {
	const upper = "980F1CFE0123456789ABCDEF0123456789ABCDEF"
	for name, tt := range map[string]struct {
		mine, line string
		disabled   bool
		refused    bool
	}{
		"a fingerprint in another case":       {mine: upper, line: strings.ToLower(upper)},
		"one of a subkey in another case":     {mine: upper + "!", line: strings.ToLower(upper) + "!"},
		"a subkey alone is another":           {mine: upper, line: upper + "!", refused: true},
		"a path in another case":              {mine: "/K.asc", line: "/k.asc", refused: true},
		"several, by blanks and by commas":    {mine: "/k.asc /l.asc", line: "/k.asc,/l.asc"},
		"several, and one of them":            {mine: "/k.asc /l.asc", line: "/k.asc", refused: true},
		"another, of a repository that is on": {mine: "/k.asc", line: "/l.asc", refused: true},
		"another, of one that is off":         {mine: "/k.asc", line: "/l.asc", disabled: true},
	} {
		m := newMachine(t, map[string]string{"/etc/apt/sources.list.d/other.list": "deb [signed-by=" + tt.line + "] file:/srv ./\n"})
		r, err := m.resource("provider", "apt", "url", "file:/srv", "suites", []string{"./"}, "enabled", !tt.disabled, "options", map[string]any{"Signed-By": tt.mine})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Provider.Review(t.Context(), resourcetest.Plan(t, r), resource.Outlook{}); (got.Blocked != nil) != tt.refused {
			t.Errorf("%s: %v", name, got.Blocked)
		}
	}
}

// TestSourcesAreReadOnce: what a change has written counts for the next, and what others changed is read again.
func TestSourcesAreReadOnce(t *testing.T) {
	m := newMachine(t, nil)
	build := func(name, signer string) *resource.Resource {
		r, err := resourcetest.Build(resources.Repository(m.Provider), m.world(), name, resourcetest.Attrs("name", name, "provider", "apt", "url", "file:/srv", "suites", []string{"./"}, "trusted", true, "options", map[string]any{"Signed-By": signer}))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	apply := func(r *resource.Resource) error { return m.Provider.Apply(t.Context(), resourcetest.Plan(t, r)) }
	one, two := build("one", "/k.asc"), build("two", "/l.asc")
	if err := apply(one); err != nil {
		t.Fatal(err)
	}
	if err := apply(two); err == nil {
		t.Error("a contradiction with what was just written")
	}
	gone, err := resourcetest.Build(resources.Repository(m.Provider), m.world(), "one", resourcetest.Attrs("name", "one", "provider", "apt", "ensure", "absent"))
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, gone)
	if err := apply(two); err != nil {
		t.Errorf("after what was in the way went: %v", err)
	}
	m.write("/etc/apt/sources.list", "deb [signed-by=/k.asc] file:/srv ./\n")
	m.Provider.Invalidate(nil)
	if err := apply(build("three", "/l.asc")); err == nil {
		t.Error("a contradiction with what another provider wrote")
	}
}

// TestASignerThatGoes: each row is a definition with another key that something else may remove, and what the plan and
// the change say of it.
func TestASignerThatGoes(t *testing.T) {
	const line = "deb [signed-by=/k.asc] file:/srv ./\n"
	const own = "# Written by converge; changes made here do not last.\nTypes: deb\nURIs: file:/srv\nSuites: ./\nSigned-By: /k.asc\n"
	for name, tt := range map[string]struct {
		file, text             string
		purge                  string // a folder that is purged
		pending                resource.Pending
		pruned                 bool // the run removes a repository "old"
		blocked, noted, failed bool
	}{
		"nothing removes it":           {file: "old.list", text: line, blocked: true, failed: true},
		"an unknown change may":        {file: "old.list", text: line, pending: resource.UnknownPending, noted: true, failed: true},
		"a known change may":           {file: "old.list", text: line, pending: resource.KnownPending, noted: true, failed: true},
		"its folder is purged":         {file: "old.list", text: line, purge: "/etc/apt/sources.list.d", failed: true},
		"another folder is purged":     {file: "old.list", text: line, purge: "/etc/apt/preferences.d", blocked: true, failed: true},
		"converge wrote it":            {file: "old.sources", text: own, blocked: true, failed: true},
		"and nothing known changes it": {file: "old.sources", text: own, pending: resource.UnknownPending, blocked: true, failed: true},
		"converge wrote it, and purge": {file: "old.sources", text: own, purge: "/etc/apt/sources.list.d", failed: true},
		"the run removes it":           {file: "old.sources", text: own, pruned: true, failed: true},
		"the run removes another":      {file: "older.sources", text: own, pruned: true, blocked: true, failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, map[string]string{"/etc/apt/sources.list.d/" + tt.file: tt.text})
			r, err := m.resource("provider", "apt", "url", "file:/srv", "suites", []string{"./"}, "options", map[string]any{"Signed-By": "/etc/apt/keyrings/acme.asc"})
			if err != nil {
				t.Fatal(err)
			}
			rs := []*resource.Resource{r}
			if tt.purge != "" {
				dir, err := resourcetest.Build(resources.Directory(m.Provider), m.world(), tt.purge, resourcetest.Attrs("path", tt.purge, "purge", true))
				if err != nil {
					t.Fatal(err)
				}
				rs = append(rs, dir)
			}
			m.Provider.Declare(rs)
			c := resourcetest.Plan(t, r)
			expected := &resource.Expected{Changes: []resource.Change{c}}
			if tt.pruned {
				old, err := resourcetest.Build(resources.Repository(m.Provider), m.world(), "old", resourcetest.Attrs("name", "old", "ensure", "absent", "provider", "apt"))
				if err != nil {
					t.Fatal(err)
				}
				expected.Changes = append(expected.Changes, resource.Change{Action: resource.Delete, Want: old.Want, Have: resource.Encode(resources.RepositoryWant{
					Name: "old", Provider: resource.Some("apt"), Definition: resource.BytesBlob([]byte(own)),
				})})
			}
			got := m.Provider.Review(t.Context(), c, resource.Outlook{Pending: tt.pending, Expected: expected})
			noted := strings.Contains(strings.Join(got.Notes, "\n"), "two values of Signed-By")
			if (got.Blocked != nil) != tt.blocked || noted != tt.noted {
				t.Errorf("the plan says %v, with notes %q", got.Blocked, got.Notes)
			}
			if err := m.Provider.Apply(t.Context(), c); (err != nil) != tt.failed {
				t.Errorf("the change says %v", err)
			}
		})
	}
}
