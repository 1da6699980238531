package store_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"converge/internal/stow/store/storetest"
	"converge/internal/stow/views"
)

// start runs a command line in a process of its own.
func start(w *storetest.World, line string) *exec.Cmd {
	w.T.Helper()
	self, err := os.Executable()
	if err != nil {
		w.T.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Env = append(os.Environ(), envRoot+"="+w.Root, envLine+"="+line)
	return cmd
}

// Concurrent processes end as if they had run one after the other.
func TestTogether(t *testing.T) {
	for _, c := range []struct {
		name, before string
		lines        []string
		ends         []string // the allowed results: the content of usr/bin, and the record
	}{
		{
			"one package", foo,
			[]string{"foo/1.0", "foo/2.0", "foo/1.0", "foo/2.0"},
			[]string{"stow/foo/1.0/bin 1.0", "stow/foo/2.0/bin 2.0"},
		},
		{"stow and unstow", foo + stowed1, []string{"-D foo/1.0", "foo/2.0", "-R foo/2.0"}, []string{"stow/foo/2.0/bin 2.0"}},
		{
			"two packages, named in either order", foo + "\nusr/stow/bar/1/share/b = b\nusr/stow/bar/2/share/b = b",
			[]string{"foo/1.0 bar/1", "bar/2 foo/2.0", "foo/1.0 bar/2"},
			[]string{"stow/foo/1.0/bin 1.0", "stow/foo/2.0/bin 2.0"},
		},
	} {
		for range 5 {
			w := storetest.New(t, c.before)
			together(w, c.lines)
			bin, _ := os.Readlink(w.Root + "/usr/bin")
			installed, _ := os.Readlink(w.Root + "/usr/stow/foo/:installed")
			ok := false
			for _, end := range c.ends {
				ok = ok || end == bin+" "+installed
			}
			if got := w.Show(); !ok || strings.Contains(got, ":stowing") || strings.Contains(got, ".:stow2") {
				t.Errorf("%s:\n%s", c.name, got)
			}
		}
	}
}

func together(w *storetest.World, lines []string) {
	w.T.Helper()
	var all sync.WaitGroup
	for _, line := range lines {
		cmd := start(w, line)
		all.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				w.T.Errorf("%s: %v: %s", line, err, out)
			}
		})
	}
	all.Wait()
}

// Two targets of one store do not disturb each other.
func TestTwoTargetsTogether(t *testing.T) {
	w := storetest.New(t, foo+"\na/own = x\nb/own = x\nusr/stow/bar/1/bin/bar = b")
	together(w, []string{"-t=/a foo/1.0", "-t=/b foo/2.0", "foo/2.0", "-t=/a bar/1", "-t=/b bar/1"})
	got := w.Show()
	for _, line := range []string{
		"a/bin/foo -> ../../usr/stow/foo/1.0/bin/foo", "a/bin/bar -> ../../usr/stow/bar/1/bin/bar",
		"b/bin/foo -> ../../usr/stow/foo/2.0/bin/foo", "b/bin/bar -> ../../usr/stow/bar/1/bin/bar",
		"usr/bin -> stow/foo/2.0/bin", "usr/stow/foo/:installed -> 2.0",
		"a/.stow2/foo/:installed -> ../../../usr/stow/foo/1.0", "b/.stow2/bar/:installed -> ../../../usr/stow/bar/1",
	} {
		if !strings.Contains("\n"+got+"\n", "\n"+line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// A version is not removed while a command stows it.
func TestRemoveTogether(t *testing.T) {
	for range 5 {
		w := storetest.New(t, foo+"\nview/")
		s := w.Open(w.Parse(""))
		cmd := start(w, "-t=/view foo/1.0")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		removed := views.RemoveVersion(context.Background(), s, "foo", "1.0") == nil
		stowed := cmd.Wait() == nil
		s.Close()
		_, gone := os.Stat(w.Root + "/usr/stow/foo/1.0/bin/foo")
		_, dangles := os.Stat(w.Root + "/view/bin/foo")
		if removed == stowed || removed != (gone != nil) || stowed != (dangles == nil) {
			t.Errorf("removed %v, stowed %v:\n%s", removed, stowed, w.Show())
		}
	}
}
