package repository

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestPrioritiesOfAHostAreTold: apt identifies a repository only by its host, unless a pin names more: a plan reports
// the other repositories whose priorities change too.
func TestPrioritiesOfAHostAreTold(t *testing.T) {
	const told = `apt gives these priorities to all that it has from deb.example.org, which other repositories of this machine are on, too; pin_release = "n=stable-backports" means this one, if its Release file says so`
	for name, tt := range map[string]struct {
		other string
		attrs []any
		want  string
	}{
		"priority":                 {"deb http://deb.example.org/debian stable main\n", []any{"priority", 100}, told},
		"pin":                      {"deb http://deb.example.org/debian stable main\n", []any{"pin", map[string]any{"a*": "900"}}, told},
		"a version has no host":    {"deb http://deb.example.org/debian stable main\n", []any{"pin", map[string]any{"a*": "8.2*"}}, ""},
		"known by its release":     {"deb http://deb.example.org/debian stable main\n", []any{"priority", 100, "pin_release", "n=stable-backports"}, ""},
		"alone on its host":        {"deb http://other.example.org/debian stable main\n", []any{"priority", 100}, ""},
		"without any priority":     {"deb http://deb.example.org/debian stable main\n", nil, ""},
		"the host begins the same": {"deb http://deb.example.org.net/debian stable main\n", []any{"priority", 100}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, nil)
			m.write("/etc/apt/sources.list", tt.other)
			res, err := m.resource(append([]any{"name", "backports", "provider", "apt", "url", "http://deb.example.org/debian", "suites", []string{"stable-backports"}, "components", []string{"main"}, "trusted", true}, tt.attrs...)...)
			if err != nil {
				t.Fatal(err)
			}
			review := m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{})
			got := ""
			for _, n := range review.Notes {
				if strings.Contains(n, "pin_release") {
					got = n
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q (%v)", got, tt.want, review.Blocked)
			}
		})
	}
}
