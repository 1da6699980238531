package edit

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestWhereDeclaredPartsLie: a part has to stay right in the file that its path leads to now, and
// not in the one that it led to before a link was changed.
func TestWhereDeclaredPartsLie(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	p, link := w.Provider.(*Provider), filepath.Join(w.Root, "etc/other.defs")
	stays := resourceOf(t, w, resources.Line, "stays", a("path", "/etc/other.defs", "line", "UMASK 022"))
	c := resourcetest.Plan(t, resourceOf(t, w, resources.Line, "x", a("path", "/etc/login.defs", "line", "UMASK 077", "match", "^UMASK")))
	p.Declare([]*resource.Resource{stays})
	for _, tt := range []struct {
		target  string
		refused bool
	}{{"login.defs", true}, {"hosts", false}, {"../etc/login.defs", true}} {
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(tt.target, link); err != nil {
			t.Fatal(err)
		}
		p.Invalidate(nil)
		if _, err := p.Solve(t.Context(), []resource.Change{c}, nil); (err != nil) != tt.refused {
			t.Errorf("with a link to %s: %v", tt.target, err)
		}
	}
}
