package past

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/journal"
	"converge/internal/resource"
	"converge/internal/view"
)

// TestFindInside shows which changes are inside the directory of another change.
func TestFindInside(t *testing.T) {
	step := func(addr, key string, action resource.Action, state journal.StepState) journal.Step {
		a, err := resource.ParseAddr(addr)
		if err != nil {
			t.Fatal(err)
		}
		return journal.Step{Addr: a, Key: key, Action: action, State: state}
	}
	got := findInside([]journal.Step{
		step("directory.app", "path:/etc/app", resource.Create, journal.Done),
		step("directory.d", "path:/etc/app/d", resource.Create, journal.Done),
		step("file.a", "path:/etc/app/d/a", resource.Create, journal.Failed),
		step("file.apple", "path:/etc/apple", resource.Create, journal.Done),
		step("line.l", "part:/etc/app/l.conf#1", resource.Create, journal.Done),
		step("line.own", "part:/etc/apple#1", resource.Create, journal.Done), // part of a file in the run
		step("file.same", "path:/etc/app/same", resource.Create, journal.Same),
		step("user.u", "user:u", resource.Create, journal.Done),
		step("directory.old", "path:/srv/old", resource.Delete, journal.Done),
		step("file.old", "path:/srv/old/x/y", resource.Delete, journal.Done),
	})
	want := []view.Inside{
		{Resource: "directory.d", Directory: "directory.app"},
		{Resource: "file.a", Directory: "directory.d"},
		{Resource: "line.l", Directory: "directory.app"},
		{Resource: "file.old", Directory: "directory.old", First: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
