package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
)

// Every row of the recovery table: the state after a kill, and the result of any later run.
func TestRecoveryTable(t *testing.T) {
	const (
		us    = "../stow2/:installed/bin/stow2"
		a     = "\nusr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0"
		b     = "\nusr/bin -> stow/foo/2.0/bin"
		heldA = a + "\nusr/stow/foo/:managed-by -> " + us
	)
	bins := func(list ...string) string { // real links in a real bin
		var out strings.Builder
		for _, l := range list {
			name := l[strings.LastIndex(l, "/")+1:]
			out.WriteString("\nusr/bin/" + name + " -> ../stow/foo/" + l)
		}
		return out.String()
	}
	for _, c := range []struct{ name, before, after string }{
		{"5 stow", foo + "\nusr/stow/foo/:stowing -> 1.0", "!usr/stow/foo/:stowing -> 1.0"},
		{
			"5 switch", foo + heldA + "\nusr/stow/foo/:stowing -> 2.0",
			remove(a) + b + "\n!usr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:installed -> 2.0",
		},
		{
			"7 stow", foo + "\nusr/stow/foo/:stowing -> 1.0\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:stowing -> 1.0\n" + a,
		},
		{
			"8 stow", foo + "\nusr/bin/own = x" + bins("1.0/bin/foo") + "\nusr/stow/foo/:stowing -> 1.0\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:stowing -> 1.0\nusr/stow/foo/:installed -> 1.0" + bins("1.0/bin/old"),
		},
		{
			"8 switch", foo + bins("2.0/bin/foo", "1.0/bin/old") + "\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:installed -> 1.0\n!usr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:installed -> 2.0\n" +
				remove(bins("1.0/bin/old")) + bins("2.0/bin/new"),
		},
		{
			"8, B deleted, back to A", foo + bins("3/bin/foo", "3/bin/only", "1.0/bin/old") + "\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:stowing -> 3\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:stowing -> 3\n" + remove(bins("3/bin/foo", "3/bin/only")) + bins("1.0/bin/foo"),
		},
		{
			"8, B deleted, back to nothing", foo + bins("3/bin/foo", "3/bin/only") + "\nusr/stow/foo/:stowing -> 3\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:stowing -> 3\n" + remove(bins("3/bin/foo", "3/bin/only")) + "usr/bin/\n!usr/stow/foo/:managed-by -> " + us,
		},
		{
			"9, 10", foo + b + "\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:installed -> 1.0\n!usr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:installed -> 2.0",
		},
		{"11", foo + b + "\nusr/stow/foo/:installed -> 2.0\nusr/stow/foo/:managed-by -> " + us, ""},
		{
			"5' ours", foo + heldA + "\nusr/stow/foo/:stowing -> :nothing",
			remove(heldA) + "!usr/stow/foo/:stowing -> :nothing",
		},
		{
			"5' another's", foo + a + "\nusr/stow/foo/:managed-by -> /sbin/apt\nusr/stow/foo/:stowing -> :nothing",
			"!usr/stow/foo/:stowing -> :nothing",
		},
		{
			"7'", foo + a + "\nusr/stow/foo/:stowing -> :nothing",
			remove(a) + "!usr/stow/foo/:stowing -> :nothing",
		},
		{
			"8'", foo + "\nusr/bin/own = x" + bins("1.0/bin/old") + "\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:stowing -> :nothing",
			remove(bins("1.0/bin/old")) + "!usr/stow/foo/:installed -> 1.0\n!usr/stow/foo/:stowing -> :nothing",
		},
		{"10'", foo + "\nusr/stow/foo/:stowing -> :nothing", "!usr/stow/foo/:stowing -> :nothing"},
		{
			"forced switch, erased", foo + a + "\nusr/stow/foo/:stowing -> 2.0",
			remove(a) + b + "\n!usr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:installed -> 2.0\nusr/stow/foo/:managed-by -> " + us,
		},
		{
			"A deleted in a switch", foo + bins("0/bin/foo", "0/bin/gone") + "\nusr/stow/foo/:installed -> 0\nusr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:managed-by -> " + us,
			remove(bins("0/bin/foo", "0/bin/gone")) + bins("2.0/bin/foo", "2.0/bin/new") +
				"\n!usr/stow/foo/:installed -> 0\n!usr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:installed -> 2.0",
		},
		{
			"8 switch, something in the way: back to A", foo + bins("2.0/bin/foo", "1.0/bin/old") + "\nusr/bin/new = mine\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:stowing -> 2.0\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:stowing -> 2.0\n" + remove(bins("2.0/bin/foo")) + bins("1.0/bin/foo"),
		},
		{
			"8 stow, something in the way: back to nothing", foo + bins("1.0/bin/foo") + "\nusr/bin/old = mine\nusr/stow/foo/:stowing -> 1.0\nusr/stow/foo/:managed-by -> " + us,
			"!usr/stow/foo/:stowing -> 1.0\n" + remove(bins("1.0/bin/foo")) + "!usr/stow/foo/:managed-by -> " + us,
		},
		{
			":config stowed", config + a + "\nusr/stow/foo/:managed-by -> " + us + "\nusr/stow/foo/:stowing -> :config",
			"!usr/stow/foo/:stowing -> :config\nusr/etc -> stow/foo/:config/etc",
		},
		{
			":config stowed, deleted since", foo + heldA + "\nusr/stow/foo/1.0/etc/c = 1\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/stow/foo/:stowing -> :config",
			"!usr/stow/foo/:stowing -> :config\n!usr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/c -> ../stow/foo/1.0/etc/c",
		},
		{
			":config first of all, nothing done", config + "\nusr/stow/foo/:stowing -> :config",
			"!usr/stow/foo/:stowing -> :config",
		},
		{
			":config unstowed", config + heldA + "\nusr/etc -> stow/foo/:config/etc\nusr/stow/foo/:stowing -> :config/:nothing",
			"!usr/stow/foo/:stowing -> :config/:nothing\n!usr/etc -> stow/foo/:config/etc",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := storetest.New(t, c.before)
			before := w.Show()
			var interrupted *store.InterruptedError
			if _, err := w.Run("-n foo/1.0"); c.after != "" && c.name != "11" && (!errors.As(err, &interrupted) || store.ExitCode(err) != 4) {
				t.Errorf("-n: %v", err)
			}
			if got := w.Show(); got != before {
				t.Errorf("-n left\n%s", got)
			}
			if _, err := w.Run("--recover"); err != nil {
				t.Error(err)
			}
			if got, want := w.Show(), want(before, c.after); got != want {
				t.Errorf("left\n%s\n\nwant\n%s", got, want)
			}
			again(t, w, "--recover", 0)
		})
	}
}

// config is foo with a :config that covers nothing.
const config = foo + "\nusr/stow/foo/:config/etc/c = mine"

// Commands are killed at every write, then once more during recovery, and repeated: the tree must be that of the
// undisturbed command.
func TestKilledAnywhere(t *testing.T) {
	const bar = "\nusr/stow/bar/1/bin/bar = b\nusr/stow/bar/2/bin/bar = B\nusr/stow/bar/2/bin/old = B"
	const real = `
		usr/bin/own = x
		usr/bin/foo -> ../stow/foo/1.0/bin/foo
		usr/bin/old -> ../stow/foo/1.0/bin/old
		usr/stow/foo/:installed -> 1.0
		usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`
	for _, c := range []struct{ name, before, cmd string }{
		{"stow", foo, "foo/1.0"},
		{"stow into a directory", foo + "\nusr/bin/own = x", "foo/1.0"},
		{"unstow", foo + stowed1, "-D foo"},
		{"unstow from a directory", foo + real, "-D foo"},
		{"switch", foo + stowed1, "foo/2.0"},
		{"switch in a directory", foo + real, "foo/2.0"},
		{"switch in a directory of its own", foo + strings.Replace(real, "usr/bin/own = x", "", 1), "foo/2.0"},
		{"switch unfolded", foo + stowed1, "--no-folding foo/2.0"},
		{"mend", foo + real + "\n!usr/bin/old", "foo/1.0"},
		{"force unstow", held("/sbin/apt"), "--force -D foo"},
		{"force switch", held("/sbin/apt"), "--force foo/2.0"},
		{"two", foo + bar + stowed1, "foo/2.0 bar/1"},
		{"a place changes hands", foo + bar + real, "foo/2.0 bar/2"},
		{"config", config + stowed1, "foo/:config"},
		{"config covers", config + stowed1 + "\nusr/stow/foo/1.0/etc/c = 1\nusr/etc/c -> ../stow/foo/1.0/etc/c", "foo/:config"},
		{"config uncovers", config + stowed1 + "\nusr/stow/foo/1.0/etc/c = 1\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/own = x", "-D foo/:config"},
		{"version and config", config, "foo/1.0 foo/:config"},
		{"switch with config", config + stowed1 + "\nusr/stow/foo/1.0/etc/c = 1\nusr/stow/foo/2.0/etc/c = 2\nusr/etc -> stow/foo/:config/etc", "foo/2.0"},
		{"in a view", foo + "\nview/bin/own = x", "-t=/view foo/1.0"},
		{"out of a view", foo + "\nview/own = x\nview/bin -> ../usr/stow/foo/1.0/bin\nview/.stow2/foo/:installed -> ../../../usr/stow/foo/1.0", "-t=/view -D foo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calm := storetest.New(t, c.before)
			if _, err := calm.Run(c.cmd); err != nil {
				t.Fatal(err)
			}
			points := 0
			for first := 0; ; first++ {
				if done := killedAt(t, c.before, c.cmd, calm.Show(), first); done {
					break
				}
				points++
			}
			if points < 2 {
				t.Errorf("only %d points", points)
			}
		})
	}
}

// killedAt kills a command after a number of writes, and its recovery after every number of writes. It reports whether
// the command ended before the kill.
func killedAt(t *testing.T, before, cmd, want string, first int) (done bool) {
	t.Helper()
	for second := first % 3; ; second += 3 { // a third of the pairs, spread evenly
		w := storetest.New(t, before)
		w.Naps = first
		if _, err := w.Run(cmd); err == nil {
			return true
		} else if !errors.Is(err, storetest.ErrKilled) {
			t.Fatalf("killed after %d: %v", first, err)
		}
		left := w.Show()
		w.Naps = second
		flags := strings.FieldsFunc(cmd, func(r rune) bool { return r == ' ' })
		flags = slices.DeleteFunc(flags, func(f string) bool { return !strings.HasPrefix(f, "--") && !strings.HasPrefix(f, "-t") })
		_, err := w.Run("--recover " + strings.Join(flags, " "))
		if err != nil && !errors.Is(err, storetest.ErrKilled) {
			t.Errorf("killed after %d, recovering after %d: %v\n%s", first, second, err, left)
			return false
		}
		killed := err != nil
		w.Naps = -1
		if _, err := w.Run(cmd); err != nil {
			t.Errorf("killed after %d and %d, once more: %v\n%s", first, second, err, left)
		}
		if got := w.Show(); got != want {
			t.Errorf("killed after %d and %d:\n%s\n\nleads to\n%s\n\nwant\n%s", first, second, left, got, want)
			return false
		}
		if !killed {
			return false
		}
	}
}
