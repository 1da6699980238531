package edit

import (
	"context"
	"slices"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestWhere shows what a plan notes of the place of a part: new ones that come after the
// same line are not all at the line after it.
func TestWhere(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	for _, c := range []struct {
		key  string
		want []string
	}{
		{"UMASK", []string{"at /etc/login.defs:4"}},
		{"NEW_ONE", []string{"new, after /etc/login.defs:4"}},
		{"NEW_TWO", []string{"new, after /etc/login.defs:4"}},
	} {
		r := resourceOf(t, w, resources.Setting, c.key, a("path", "/etc/login.defs", "key", c.key, "value", "9"))
		got := w.Provider.(*Provider).Review(context.Background(), resourcetest.Plan(t, r), resource.Outlook{Ask: resource.AskForecast})
		if !slices.Equal(got.Notes, c.want) {
			t.Errorf("%s: %q, want %q", c.key, got.Notes, c.want)
		}
	}
}
