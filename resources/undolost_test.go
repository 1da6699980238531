package resources_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// A proof does not claim what does not come back though the rest of a thing does: its note says so, and
// a name for people.
func TestUndoNamesWhatItLoses(t *testing.T) {
	removed := cty.ListVal([]cty.Value{cty.StringVal("/opt/.app~converge-1"), cty.StringVal("/opt/app/5f39")})
	for _, tt := range []struct {
		name          string
		kind          *resource.Kind
		before, after cty.Value
		lost          string
	}{
		{
			"an option of a mount that no remount takes back", resources.Mount(nil),
			sparse("path", "/data", "ensure", "present", "saved", "", "live", "one tmpfs rw"),
			sparse("path", "/data", "ensure", "present", "saved", "", "live", "two tmpfs rw,gid=5"), "gid=5 of the mount at /data",
		},
		{
			"an option that a remount takes back", resources.Mount(nil),
			sparse("path", "/data", "ensure", "present", "saved", "", "live", "one tmpfs rw"),
			sparse("path", "/data", "ensure", "present", "saved", "", "live", "one tmpfs rw,noexec"), "",
		},
		{
			"older trees of an archive", resources.Archive(nil),
			sparse("path", "/opt/app", "version", "1", "kept", "/opt/app@2026-01-02T15:04:05Z#4711", "trimmed", removed),
			sparse("path", "/opt/app", "version", "2"),
			`the older tree "/opt/.app~converge-1", which keep = 2 has removed; the old version "/opt/app/5f39", which keep = 2 has removed`,
		},
	} {
		p := resource.Past{Name: "x", Before: tt.before, After: tt.after}
		us, err := tt.kind.Undo(p)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var lost []string
		for _, u := range us {
			lost = append(lost, u.Lost...)
		}
		if tt.kind.Leaves != nil {
			lost = append(lost, tt.kind.Leaves(p)...)
		}
		if got := strings.Join(lost, "; "); got != tt.lost {
			t.Errorf("%s: %q is lost, want %q", tt.name, got, tt.lost)
		}
	}
}
