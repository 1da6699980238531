package repository

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestTagThatIsNeededStays: apk makes no change while its world names a tag that no repository has.
func TestTagThatIsNeededStays(t *testing.T) {
	const (
		needed = "/etc/apk/world names nginx@edge=1.2-r0, and apk makes no change once no repository has that tag: name it there without the tag first, with: apk add 'nginx=1.2-r0'"
		both   = "/etc/apk/world names b@edge, nginx@edge>1.2-r0, and apk makes no change once no repository has that tag: name it there without the tag first, with: apk add 'b' 'nginx>1.2-r0'"
	)
	gone := []any{"provider", "apk", "ensure", "absent"}
	retagged := []any{"provider", "apk", "url", "file:///a", "options", map[string]any{"tag": "testing"}}
	for name, tt := range map[string]struct {
		attrs       []any
		world, main string
		needed      string
	}{
		"removed":               {gone, "a\nnginx@edge=1.2-r0\n", "", needed},
		"several":               {gone, "b@edge\nnginx@edge>1.2-r0\n", "", both},
		"another tag":           {retagged, "nginx@edge=1.2-r0\n", "", needed},
		"not named":             {gone, "nginx\nb@edges\n", "", ""},
		"of another repository": {gone, "nginx@edge=1.2-r0\n", "@edge /srv/b\n", ""},
	} {
		m := newMachine(t, map[string]string{"/etc/apk/world": tt.world, "/etc/apk/repositories": tt.main})
		m.named("acme", "provider", "apk", "url", "file:///a", "options", map[string]any{"tag": "edge"})
		res, err := m.resource(tt.attrs...)
		if err != nil {
			t.Fatal(err)
		}
		needed, refused := tt.needed, tt.needed != ""
		c := resourcetest.Plan(t, res)
		blocked := m.Review(t.Context(), c, resource.Outlook{}).Blocked
		if refused != (blocked != nil) || blocked != nil && blocked.Error() != "cannot change the repository acme: "+needed {
			t.Errorf("%s: the plan says %v", name, blocked)
		}
		behind := m.Review(t.Context(), c, resource.Outlook{Pending: resource.KnownPending})
		if refused != (len(behind.Notes) > 0) || !strings.Contains(strings.Join(behind.Notes, ""), needed) || behind.Blocked != nil {
			t.Errorf("%s: behind another change the plan says %v, %q", name, behind.Blocked, behind.Notes)
		}
		if err := m.Apply(t.Context(), c); refused != (err != nil) || err != nil && !strings.HasSuffix(err.Error(), needed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPinsOfApk(t *testing.T) {
	const note = "# Written by converge; changes made here do not last.\n"
	pin := map[string]any{"nginx*": "*", "php": "*"}
	for want, options := range map[string]map[string]any{
		"# Prefer from @acme: php nginx*\nfile:///a\n@acme file:///a\n": nil,
		"# Prefer from @edge: php nginx*\n@edge file:///a\n":            {"tag": "edge"},
	} {
		attrs := []any{"provider", "apk", "url", "file:///a", "pin", pin}
		if options != nil {
			attrs = append(attrs, "options", options)
		}
		m := newMachine(t, nil)
		m.named("acme", attrs...)
		got := m.read("/etc/apk/repositories.d/acme.list")
		if got != note+want {
			t.Errorf("%q", got)
		}
		if pins := resources.ApkPins(got); len(pins) != 2 || pins[0].Pattern != "php" || !strings.Contains(want, "@"+pins[1].Tag+":") {
			t.Error(pins)
		}
	}
}
