package views_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
	"converge/internal/stow/views"
)

const (
	foo = `
		usr/stow/foo/1.0/bin/foo = 1
		usr/stow/foo/1.0/bin/old = 1
		usr/stow/foo/2.0/bin/foo = 2
		usr/stow/foo/2.0/bin/new = 2`
	stowed1 = `
		usr/bin -> stow/foo/1.0/bin
		usr/stow/foo/:installed -> 1.0
		usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`
	config = foo + "\nusr/stow/foo/:config/etc/c = mine"
)

func TestRemoveVersion(t *testing.T) {
	w := storetest.New(t, foo+`
		usr/stow/foo/3.0/x = 3
		usr/stow/foo/latest -> 3.0
		usr/stow/foo/4.0/x = 4
		usr/stow/foo/:removing.0.9/x = half gone
		view/
		far/.stow2/foo/:installed -> ../../../usr/stow/foo/4.0`+stowed1)
	for _, cmd := range []string{"-t=/view foo/2.0", "-t=/view2 foo/latest"} {
		if err := os.MkdirAll(w.Root+"/view2", 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Run(cmd); err != nil {
			t.Fatal(err)
		}
	}
	c := w.Parse("")
	c.Settings.Views = []string{w.Root + "/far"}
	s := w.Open(c)
	defer s.Close()
	ctx := context.Background()
	for version, by := range map[string]string{
		"1.0": "installed", "2.0": "/view", "3.0": "/view2", "4.0": "/far", "latest": "/view2",
	} {
		var used *views.UsedError
		err := views.RemoveVersion(ctx, s, "foo", version)
		if !errors.As(err, &used) || !strings.HasSuffix(used.By[0].String(), by) || len(used.By) != 1 {
			t.Errorf("%s: %v", version, err)
		}
		if _, err := os.Stat(w.Root + "/usr/stow/foo/" + version); err != nil {
			t.Error(err)
		}
	}
	for _, cmd := range []string{"-t=/view -D foo", "-t=/view2 -D foo"} {
		if _, err := w.Run(cmd); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(w.Root+"/view2", w.Root+"/moved"); err != nil {
		t.Fatal(err)
	}
	var used *views.UsedError
	if err := views.RemoveVersion(ctx, s, "foo", "2.0"); !errors.As(err, &used) {
		t.Errorf("a view is out of sight: %v", err)
	}
	if err := views.Forget(s, w.Root+"/view2"); err != nil {
		t.Error(err)
	}
	var usage *store.UsageError
	if err := views.Forget(s, w.Root+"/view2"); !errors.As(err, &usage) {
		t.Errorf("it is forgotten already: %v", err)
	}
	for _, version := range []string{"2.0", "latest", "3.0"} {
		if err := views.RemoveVersion(ctx, s, "foo", version); err != nil {
			t.Error(err)
		}
	}
	st, err := s.Observe(ctx, "foo")
	if err != nil || len(st.Versions) != 2 || st.Unknown != nil {
		t.Errorf("%+v, %v", st, err)
	}
	for _, bad := range []string{":config", "..", "", "none"} {
		if err := views.RemoveVersion(ctx, s, "foo", bad); err == nil {
			t.Errorf("%q was removed", bad)
		}
	}
}

// generation runs one command on the generations of view.
func generation(w *storetest.World, line string) (views.Generation, error) {
	w.T.Helper()
	c := w.Parse("-t=/view " + line)
	s := w.Open(c)
	defer s.Close()
	return views.GenerationsOf(s).Make(context.Background(), c.Changes, c.Options)
}

func TestGenerations(t *testing.T) {
	w := storetest.New(t, config+"\nusr/stow/bar/1/bin/bar = b\nusr/stow/bad/1/bin = no directory\nview/")
	for _, c := range []struct {
		line string
		want views.Generation
		exit int
	}{
		{"foo/1.0", 1, 0},
		{"foo/1.0", 1, 0}, // nothing new
		{"foo/2.0 bar/1 foo/:config", 2, 0},
		{"bad/1", 0, 1},
		{"--as=/sbin/apt foo/1.0", 0, 3},
		{"-D bar", 3, 0},
	} {
		if got, err := generation(w, c.line); got != c.want || store.ExitCode(err) != c.exit {
			t.Errorf("%s: %d, %v", c.line, got, err)
		}
	}
	got := w.Show()
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
	if _, err := os.Stat(w.Root + "/view/current/bin/foo"); err != nil {
		t.Error(err)
	}
	rollback(t, w)
}

func rollback(t *testing.T, w *storetest.World) {
	t.Helper()
	s := w.Open(w.Parse("-t=/view"))
	defer s.Close()
	ctx := context.Background()
	g := views.GenerationsOf(s)
	if n, now, err := g.Before(0); n != 2 || now != 3 || err != nil || g.Show(ctx, n) != nil {
		t.Errorf("Before = %d, %d, %v", n, now, err)
	}
	var used *views.UsedError
	if err := views.RemoveVersion(ctx, s, "bar", "1"); !errors.As(err, &used) {
		t.Errorf("bar/1 is in a generation: %v", err)
	}
	if err := g.Show(ctx, 7); store.ExitCode(err) != 1 {
		t.Errorf("Show(7): %v", err)
	}
	if pruned, err := g.Prune(ctx, 1); !slices.Equal(pruned, []views.Generation{1}) || err != nil {
		t.Errorf("Prune = %v, %v", pruned, err)
	}
	if all, now, err := g.List(); !slices.Equal(all, []views.Generation{2, 3}) || now != 2 || err != nil {
		t.Errorf("Generations = %v, %d, %v", all, now, err)
	}
	if n, _, err := g.Before(0); err == nil {
		t.Errorf("Before = %d from the first", n)
	}
	if n, err := generation(w, "-D bar"); n != 4 || err != nil { // from 2, the shown one
		t.Errorf("after a rollback: %d, %v", n, err)
	}
}

// If a generation is killed at any point, the view shows the old one or the new one.
func TestGenerationKilledAnywhere(t *testing.T) {
	for at := 0; ; at++ {
		w := storetest.New(t, foo+"\nview/")
		if _, err := generation(w, "foo/1.0"); err != nil {
			t.Fatal(err)
		}
		w.Naps = at
		_, err := generation(w, "foo/2.0")
		w.Naps = -1
		got, _ := os.ReadFile(w.Root + "/view/current/bin/foo")
		if text := string(got); text != "1" && (err != nil || text != "2") {
			t.Errorf("killed after %d writes (%v): shows %q", at, err, text)
		}
		if err == nil {
			return
		}
		if _, err := generation(w, "foo/2.0"); err != nil {
			t.Errorf("after %d writes, once more: %v", at, err)
		}
		if got, _ := os.ReadFile(w.Root + "/view/current/bin/foo"); string(got) != "2" {
			t.Errorf("after %d writes, once more: shows %q", at, got)
		}
	}
}

func TestAudit(t *testing.T) {
	w := storetest.New(t, foo+"\nusr/stow/foo/:control/debian/2.0 = c\nusr/stow/naive-1/x = x\nview/\nfar/.stow2/lost/:installed -> ../../../usr/stow/lost/1"+stowed1)
	if _, err := w.Run("-t=/view foo/2.0"); err != nil {
		t.Fatal(err)
	}
	c := w.Parse("")
	c.Settings.Views = []string{w.Root + "/far"}
	s := w.Open(c)
	defer s.Close()
	r, err := views.Audit(context.Background(), s, true)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range r.Versions {
		fmt.Fprintf(&got, "%s installed=%v missing=%v unreferenced=%v control=%v", e.Name, e.Installed, e.Missing, e.Unreferenced, e.Control)
		for _, u := range e.Uses {
			fmt.Fprintf(&got, " %s", strings.TrimPrefix(u.Target, w.Root))
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
