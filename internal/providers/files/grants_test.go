package files_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// A user who is not root has made a program set-user-ID. Who gets it does not get that, too:
// otherwise bob's program would run with the rights of root.
func TestGrantsDoNotPassOn(t *testing.T) {
	needRoot(t)
	const note = "loses its set-id bits (mode 6755), which www gave it: set mode to keep them"
	for _, c := range []struct {
		kind func(resource.Provider) *resource.Kind
		from int // the owner
		want []any
		mode uint32 // after
		note string
	}{
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0"}, 0o755, note},
		{resources.File, bob, []any{"path", "/srv/f", "group", "0"}, 0o755, note},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "content", "new"}, 0o755, note},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "go-x"}, 0o744, ""},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "4755"}, 0o4755, ""},
		{resources.File, bob, []any{"path", "/srv/f", "mode", "g-x"}, 0o6745, ""},
		{resources.File, 0, []any{"path", "/srv/f", "owner", "1"}, 0o6755, ""},
		{resources.Directory, bob, []any{"path", "/srv", "owner", "0", "recurse", true}, 0o755, ""},
		{resources.Directory, bob, []any{"path", "/srv", "group", "0", "mode", "0750", "recurse", true}, 0o750, ""},
		{resources.Directory, bob, []any{"path", "/srv", "mode", "0750", "recurse", true}, 0o6750, ""},
		{resources.Directory, 0, []any{"path", "/srv", "owner", "1", "recurse", true}, 0o6755, ""},
	} {
		m := newMachine(t, files.Options{Keep: &kept{}})
		m.p.Declare(files.Site{})
		f := m.root + "/srv/f"
		if err := errors.Join(
			os.MkdirAll(m.root+"/srv", 0o755), os.WriteFile(f, []byte("program"), 0o755), os.Chown(f, c.from, bob), syscall.Chmod(f, 0o6755),
		); err != nil {
			t.Fatal(err)
		}
		r, err := resourcetest.Build(c.kind(m.p), m.world(), "x", attrs(c.want...))
		if err != nil {
			t.Fatal(err)
		}
		plan := resourcetest.Plan(t, r)
		if got := strings.Join(m.p.Review(t.Context(), plan, resource.Outlook{Pending: resource.UnknownPending}).Notes, "\n"); got != c.note {
			t.Errorf("%v: notes %q, want %q", c.want, got, c.note)
		}
		if err := m.p.Apply(t.Context(), plan); err != nil {
			t.Errorf("%v: %v", c.want, err)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(f, &st); err != nil || st.Mode&0o7777 != c.mode {
			t.Errorf("%v: mode %o, %v; want %o", c.want, st.Mode&0o7777, err, c.mode)
		}
		if left := resourcetest.Plan(t, r); !left.Empty() {
			t.Errorf("%v: applied, and yet the plan would change %s", c.want, resourcetest.Names(left))
		}
	}
}
