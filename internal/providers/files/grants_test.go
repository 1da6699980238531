package files_test

import (
	"encoding/json"
	"errors"
	"io"
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
	const loses = "loses its set-id bits (mode 6755), which www gave it"
	const note = loses + ": set an octal mode to keep them"
	const below = "these lose their set-id bits, which users other than root gave them: /srv/f (mode 6755)"
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
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "go-x"}, 0o744, loses + ", and will have mode 0744: set an octal mode to keep them"},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "u+s"}, 0o4755, loses + ", and will have mode 4755: set an octal mode to keep them"},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "a+s"}, 0o6755, ""},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "0700"}, 0o700, ""},
		{resources.File, bob, []any{"path", "/srv/f", "owner", "0", "mode", "4755"}, 0o4755, ""},
		{resources.File, bob, []any{"path", "/srv/f", "mode", "g-x"}, 0o6745, ""},
		{resources.File, 0, []any{"path", "/srv/f", "owner", "1"}, 0o6755, ""},
		{resources.Directory, bob, []any{"path", "/srv", "owner", "0", "recurse", true}, 0o755, below},
		{resources.Directory, bob, []any{"path", "/srv", "group", "0", "mode", "0750", "recurse", true}, 0o750, below},
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
		full, _, err := m.p.Record(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.p.Apply(t.Context(), plan); err != nil {
			t.Errorf("%v: %v", c.want, err)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(f, &st); err != nil || st.Mode&0o7777 != c.mode {
			t.Errorf("%v: mode %o, %v; want %o", c.want, st.Mode&0o7777, err, c.mode)
		}
		if mode := recursedMode(t, full); mode != "" && mode != resources.FormatMode(c.mode) {
			t.Errorf("%v: a rollback expects mode %s, and it is %o", c.want, mode, c.mode)
		}
		if left := resourcetest.Plan(t, r); !left.Empty() {
			t.Errorf("%v: applied, and yet the plan would change %s", c.want, resourcetest.Names(left))
		}
	}
}

// recursedMode returns the mode that undoing a change expects of the one entry below its directory; "": none.
func recursedMode(t *testing.T, full resource.Change) string {
	t.Helper()
	was := resource.Must[resources.Entry](full.Have)
	if was.Below == nil {
		return ""
	}
	text, ok := was.Below.Bytes()
	if !ok {
		r, err := was.Below.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if text, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var e resources.Listed
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return resources.RecursedMode(resource.Must[resources.Entry](full.Want).Mode.Value, e)
}
