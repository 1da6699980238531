package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/audit"
	"converge/internal/stow/store"
)

func TestView(t *testing.T) {
	w := newWorld(t, foo+stowed1+"\nhome/dev/own = x")
	before := w.show()
	if _, err := w.run("-t=/home/dev foo/2.0"); err != nil {
		t.Fatal(err)
	}
	after := want(before, `
		home/dev/bin -> ../../usr/stow/foo/2.0/bin
		home/dev/.stow2/foo/:installed -> ../../../../usr/stow/foo/2.0
		home/dev/.stow2/foo/:managed-by -> ../../../../usr/stow/stow2/:installed/bin/stow2
		usr/stow/:views/HASH -> $ROOT/home/dev`)
	if got := w.show(); got != after {
		t.Errorf("left\n%s\nwant\n%s", got, after)
	}
	again(t, w, "-t=/home/dev foo/2.0", 0)
	again(t, w, "-t=/home/dev foo", 0)
	again(t, w, "foo", 0) // at home it is another version
	again(t, w, "-t=/usr foo/1.0", 0)
	if _, err := w.run("-t=/home/dev --as=/sbin/apt -D foo"); store.ExitCode(err) != 3 {
		t.Errorf("another's: %v", err)
	}
	if _, err := w.run("-t=/home/dev -D foo"); err != nil {
		t.Fatal(err)
	}
	if got, want := w.show(), want(before, "home/dev/.stow2/\nusr/stow/:views/HASH -> $ROOT/home/dev"); got != want {
		t.Errorf("left\n%s\nwant\n%s", got, want)
	}
}

func TestHomeIsNamed(t *testing.T) {
	w := newWorld(t, foo+"\nusr/stow/:target -> ../../boot\nboot/")
	if _, err := w.run("foo/1.0"); err != nil {
		t.Fatal(err)
	}
	again(t, w, "-t=/boot foo", 0)
	if text, _ := os.Readlink(w.root + "/boot/bin"); text != "../usr/stow/foo/1.0/bin" {
		t.Errorf("link %q", text)
	}
}

func TestReadOnlyStore(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("as nobody but root: permissions hold by themselves")
	}
	w := newWorld(t, foo+"\nview/")
	c := w.parse("-t=/view foo/1.0")
	s := w.open(c)
	defer s.Close()
	s.OnWrite(func(step string) error {
		if strings.HasPrefix(step, "mkdir :views") {
			return os.ErrPermission
		}
		return nil
	})
	if _, err := s.Apply(context.Background(), c.changes, c.options); err != nil {
		t.Fatal(err)
	}
	if len(w.warnings) != 1 || !strings.Contains(w.warnings[0], "does not know that "+w.root+"/view is a view") {
		t.Errorf("warnings %q", w.warnings)
	}
}

func TestRemoveVersion(t *testing.T) {
	w := newWorld(t, foo+`
		usr/stow/foo/3.0/x = 3
		usr/stow/foo/latest -> 3.0
		usr/stow/foo/4.0/x = 4
		usr/stow/foo/:removing.0.9/x = half gone
		view/
		far/.stow2/foo/:installed -> ../../../usr/stow/foo/4.0`+stowed1)
	for _, cmd := range []string{"-t=/view foo/2.0", "-t=/view2 foo/latest"} {
		if err := os.MkdirAll(w.root+"/view2", 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := w.run(cmd); err != nil {
			t.Fatal(err)
		}
	}
	c := w.parse("")
	c.settings.Views = []string{w.root + "/far"}
	s := w.open(c)
	defer s.Close()
	ctx := context.Background()
	for version, by := range map[string]string{
		"1.0": "installed", "2.0": "/view", "3.0": "/view2", "4.0": "/far", "latest": "/view2",
	} {
		var used *store.UsedError
		err := s.Remove(ctx, "foo", version)
		if !errors.As(err, &used) || !strings.HasSuffix(used.By[0].String(), by) || len(used.By) != 1 {
			t.Errorf("%s: %v", version, err)
		}
		if _, err := os.Stat(w.root + "/usr/stow/foo/" + version); err != nil {
			t.Error(err)
		}
	}
	for _, cmd := range []string{"-t=/view -D foo", "-t=/view2 -D foo"} {
		if _, err := w.run(cmd); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(w.root+"/view2", w.root+"/moved"); err != nil {
		t.Fatal(err)
	}
	var used *store.UsedError
	if err := s.Remove(ctx, "foo", "2.0"); !errors.As(err, &used) {
		t.Errorf("a view is out of sight: %v", err)
	}
	if err := s.ForgetView(w.root + "/view2"); err != nil {
		t.Error(err)
	}
	var usage *store.UsageError
	if err := s.ForgetView(w.root + "/view2"); !errors.As(err, &usage) {
		t.Errorf("it is forgotten already: %v", err)
	}
	for _, version := range []string{"2.0", "latest", "3.0"} {
		if err := s.Remove(ctx, "foo", version); err != nil {
			t.Error(err)
		}
	}
	st, err := s.Observe(ctx, "foo")
	if err != nil || len(st.Versions) != 2 || st.Unknown != nil {
		t.Errorf("%+v, %v", st, err)
	}
	for _, bad := range []string{":config", "..", "", "none"} {
		if err := s.Remove(ctx, "foo", bad); err == nil {
			t.Errorf("%q was removed", bad)
		}
	}
}

// generation runs one command on the generations of view.
func (w *world) generation(line string) (int, error) {
	w.t.Helper()
	c := w.parse("-t=/view " + line)
	s := w.open(c)
	defer s.Close()
	n, _, err := s.NewGeneration(context.Background(), c.changes, c.options)
	return n, err
}

func TestGenerations(t *testing.T) {
	w := newWorld(t, config+"\nusr/stow/bar/1/bin/bar = b\nusr/stow/bad/1/bin = no directory\nview/")
	for _, c := range []struct {
		line string
		want int
		exit int
	}{
		{"foo/1.0", 1, 0},
		{"foo/1.0", 1, 0}, // nothing new
		{"foo/2.0 bar/1 foo/:config", 2, 0},
		{"bad/1", 0, 1},
		{"--as=/sbin/apt foo/1.0", 0, 3},
		{"-D bar", 3, 0},
	} {
		if got, err := w.generation(c.line); got != c.want || store.ExitCode(err) != c.exit {
			t.Errorf("%s: %d, %v", c.line, got, err)
		}
	}
	got := w.show()
	for _, line := range []string{
		"view/current -> :gen/3",
		"view/:gen/1/bin -> ../../../usr/stow/foo/1.0/bin",
		"view/:gen/1/.stow2/foo/:installed -> ../../../../../usr/stow/foo/1.0",
		"view/:gen/1/.stow2/foo/:managed-by -> ../../../../../usr/stow/stow2/:installed/bin/stow2",
		"view/:gen/2/bin/bar -> ../../../../usr/stow/bar/1/bin/bar",
		"view/:gen/2/etc -> ../../../usr/stow/foo/:config/etc",
		"view/:gen/3/bin -> ../../../usr/stow/foo/2.0/bin",
		"view/:gen/3/etc -> ../../../usr/stow/foo/:config/etc",
		"usr/stow/:views/HASH -> $ROOT/view",
	} {
		if !slices.Contains(strings.Split(got, "\n"), line) {
			t.Errorf("no %s", line)
		}
	}
	if t.Failed() {
		t.Logf("\n%s", got)
	}
	if _, err := os.Stat(w.root + "/view/current/bin/foo"); err != nil {
		t.Error(err)
	}
	rollback(t, w)
}

func rollback(t *testing.T, w *world) {
	t.Helper()
	s := w.open(w.parse("-t=/view"))
	defer s.Close()
	ctx := context.Background()
	if n, err := s.Rollback(ctx); n != 2 || err != nil {
		t.Errorf("Rollback = %d, %v", n, err)
	}
	var used *store.UsedError
	if err := s.Remove(ctx, "bar", "1"); !errors.As(err, &used) {
		t.Errorf("bar/1 is in a generation: %v", err)
	}
	if err := s.Show(ctx, 7); store.ExitCode(err) != 1 {
		t.Errorf("Show(7): %v", err)
	}
	if pruned, err := s.Prune(ctx, 1); !slices.Equal(pruned, []int{1}) || err != nil {
		t.Errorf("Prune = %v, %v", pruned, err)
	}
	if all, now, err := s.Generations(); !slices.Equal(all, []int{2, 3}) || now != 2 || err != nil {
		t.Errorf("Generations = %v, %d, %v", all, now, err)
	}
	if n, err := s.Rollback(ctx); err == nil {
		t.Errorf("Rollback = %d from the first", n)
	}
	if n, err := w.generation("-D bar"); n != 4 || err != nil { // from 2, which is shown
		t.Errorf("after a rollback: %d, %v", n, err)
	}
}

// A generation that is killed anywhere leaves the old one shown, or the new.
func TestGenerationKilledAnywhere(t *testing.T) {
	for at := 0; ; at++ {
		w := newWorld(t, foo+"\nview/")
		if _, err := w.generation("foo/1.0"); err != nil {
			t.Fatal(err)
		}
		w.naps = at
		_, err := w.generation("foo/2.0")
		w.naps = -1
		got, _ := os.ReadFile(w.root + "/view/current/bin/foo")
		if text := string(got); text != "1" && (err != nil || text != "2") {
			t.Errorf("killed after %d writes (%v): shows %q", at, err, text)
		}
		if err == nil {
			return
		}
		if _, err := w.generation("foo/2.0"); err != nil {
			t.Errorf("after %d writes, once more: %v", at, err)
		}
		if got, _ := os.ReadFile(w.root + "/view/current/bin/foo"); string(got) != "2" {
			t.Errorf("after %d writes, once more: shows %q", at, got)
		}
	}
}

func TestAudit(t *testing.T) {
	w := newWorld(t, foo+"\nusr/stow/foo/:control/debian/2.0 = c\nusr/stow/naive-1/x = x\nview/\nfar/.stow2/lost/:installed -> ../../../usr/stow/lost/1"+stowed1)
	if _, err := w.run("-t=/view foo/2.0"); err != nil {
		t.Fatal(err)
	}
	c := w.parse("")
	c.settings.Views = []string{w.root + "/far"}
	s := w.open(c)
	defer s.Close()
	r, err := audit.Make(context.Background(), store.Audit{Store: s}, true)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range r.Versions {
		fmt.Fprintf(&got, "%s installed=%v missing=%v unreferenced=%v control=%v", e.Name, e.Installed, e.Missing, e.Unreferenced, e.Control)
		for _, u := range e.Uses {
			fmt.Fprintf(&got, " %s", strings.TrimPrefix(u.Target, w.root))
		}
		fmt.Fprintf(&got, " contents=%v\n", e.Contents != nil)
	}
	want := `foo/1.0 installed=true missing=false unreferenced=false control=[] /usr contents=true
foo/2.0 installed=false missing=false unreferenced=false control=[debian] /view contents=true
lost/1 installed=false missing=true unreferenced=false control=[] /far contents=false
stow2/2.1 installed=false missing=false unreferenced=true control=[] contents=true
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestMarkAndForget(t *testing.T) {
	w := newWorld(t, foo+"\nview/")
	if _, err := w.run("-t=/view foo/1.0"); err != nil {
		t.Fatal(err)
	}
	s := w.open(w.parse(""))
	defer s.Close()
	for _, want := range []bool{true, false} {
		if got, err := s.Mark(context.Background(), "foo"); got != want || err != nil {
			t.Errorf("Mark = %v, %v", got, err)
		}
		if got, err := s.Forget(w.root + "/view"); got != want || err != nil {
			t.Errorf("Forget = %v, %v", got, err)
		}
	}
	if st, err := s.Observe(context.Background(), "foo"); len(st.Versions) != 2 || err != nil {
		t.Errorf("%+v, %v", st, err)
	}
}
