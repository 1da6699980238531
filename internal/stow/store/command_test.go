package store_test

import (
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
)

// Two versions of foo, an unrelated package, and another manager.
const (
	foo = `
		usr/stow/foo/1.0/bin/foo = 1
		usr/stow/foo/1.0/bin/old = 1
		usr/stow/foo/2.0/bin/foo = 2
		usr/stow/foo/2.0/bin/new = 2`
	pm      = "\nusr/stow/pm/7/bin/pm = #!\nusr/stow/pm/:installed -> 7"
	stowed1 = `
		usr/bin -> stow/foo/1.0/bin
		usr/stow/foo/:installed -> 1.0
		usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`
)

// A world before, commands, and the differences afterwards: new lines, and removed lines with "!".
var commands = []struct {
	name, before, cmd string
	exit              int
	after             string
	says              string
}{
	{
		name: "a version", before: foo, cmd: "foo/1.0",
		after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2",
	},
	{name: "twice the same", before: foo + stowed1, cmd: "foo/1.0"},
	{name: "by its bare name", before: foo + stowed1, cmd: "foo"},
	{
		name: "the only version", before: "usr/stow/foo/1.0/x = 1\nusr/stow/foo/:control-default/converge = c", cmd: "foo",
		after: "usr/x -> stow/foo/1.0/x\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2",
	},
	{name: "which of two", before: foo + "\nusr/stow/foo/:control-default/converge = c", cmd: "foo", exit: 1, says: "foo/1.0, foo/2.0"},
	{name: "Q3: versions in disguise", before: foo, cmd: "foo", exit: 1, says: "--naive"},
	{name: "Q3: meant so", before: foo, cmd: "--naive foo", after: "usr/1.0 -> stow/foo/1.0\nusr/2.0 -> stow/foo/2.0"},
	{
		name: "a switch", before: foo + stowed1, cmd: "foo/2.0",
		after: "!usr/bin -> stow/foo/1.0/bin\nusr/bin -> stow/foo/2.0/bin\n!usr/stow/foo/:installed -> 1.0\nusr/stow/foo/:installed -> 2.0",
	},
	{
		name: "a switch, said at length", before: foo + stowed1, cmd: "-D foo/1.0 -S foo/2.0",
		after: "!usr/bin -> stow/foo/1.0/bin\nusr/bin -> stow/foo/2.0/bin\n!usr/stow/foo/:installed -> 1.0\nusr/stow/foo/:installed -> 2.0",
	},
	{
		name: "a switch among others' links", before: foo + `
			usr/stow/bar/bin/bar = b
			usr/bin/bar -> ../stow/bar/bin/bar
			usr/bin/foo -> ../stow/foo/1.0/bin/foo
			usr/bin/old -> ../stow/foo/1.0/bin/old
			usr/stow/foo/:installed -> 1.0
			usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`, cmd: "foo/2.0",
		after: `
			!usr/bin/foo -> ../stow/foo/1.0/bin/foo
			!usr/bin/old -> ../stow/foo/1.0/bin/old
			usr/bin/foo -> ../stow/foo/2.0/bin/foo
			usr/bin/new -> ../stow/foo/2.0/bin/new
			!usr/stow/foo/:installed -> 1.0
			usr/stow/foo/:installed -> 2.0`,
	},
	{name: "unstow", before: foo + stowed1, cmd: "-D foo", after: remove(stowed1)},
	{name: "unstow a version", before: foo + stowed1, cmd: "-D foo/1.0", after: remove(stowed1)},
	{name: "unstow what is not stowed", before: foo + stowed1, cmd: "-D foo/2.0"},
	{name: "unstow where nothing is", before: foo, cmd: "-D foo/2.0"},
	{name: "restow the same", before: foo + stowed1, cmd: "-R foo"},
	{
		name: "restow mends", before: foo + stowed1 + "\n!usr/bin", cmd: "-R foo",
		after: "usr/bin -> stow/foo/1.0/bin",
	},
	{name: "two versions at once", before: foo, cmd: "foo/1.0 foo/2.0", exit: 1, says: "one version only"},
	{name: "no such version", before: foo, cmd: "foo/3", exit: 2, says: "The stow directory stow/foo does not contain package 3"},
	{
		name: "a link is a version", before: foo + "\nusr/stow/foo/latest -> 2.0", cmd: "foo/latest",
		after: "usr/bin -> stow/foo/latest/bin\nusr/stow/foo/:installed -> latest\nusr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2",
	},
	{
		name: "a version that begins with a colon", before: "usr/stow/foo/::1/x = 1", cmd: "foo/::1",
		after: "usr/x -> stow/foo/::1/x\nusr/stow/foo/:installed -> ::1\nusr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2",
	},
	{
		name: "a conflict changes nothing", before: foo + "\nusr/bin/foo = mine", cmd: "foo/1.0", exit: 1,
		says: "existing target",
	},
	{
		name: "the installed tree is gone", before: foo + `
			usr/bin/foo -> ../stow/foo/0.9/bin/foo
			usr/share/man/man1/foo.1 -> ../../../stow/foo/0.9/share/man/man1/foo.1
			usr/share/other -> ../stow/foo/2.0/bin/new
			usr/stow/foo/:installed -> 0.9`, cmd: "-D foo",
		after: `
			!usr/bin/foo -> ../stow/foo/0.9/bin/foo
			usr/bin/
			!usr/share/man/man1/foo.1 -> ../../../stow/foo/0.9/share/man/man1/foo.1
			usr/share/man/man1/
			!usr/stow/foo/:installed -> 0.9`,
	},
	{
		name: "unfolded beside another package's version, no marker", before: foo + `
			usr/stow/bar/2/bin/bar = b
			usr/bin -> stow/bar/2/bin
			usr/stow/bar/:installed -> 2`, cmd: "foo/1.0",
		after: `
			!usr/bin -> stow/bar/2/bin
			usr/bin/bar -> ../stow/bar/2/bin/bar
			usr/bin/foo -> ../stow/foo/1.0/bin/foo
			usr/bin/old -> ../stow/foo/1.0/bin/old
			usr/stow/foo/:installed -> 1.0
			usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`,
	},
	{
		name: "a place goes from one package to another", before: foo + stowed1 + `
			usr/stow/bar/2/bin/foo = b`, cmd: "-D foo -S bar/2",
		after: remove(stowed1) + `
			usr/bin -> stow/bar/2/bin
			usr/stow/bar/:installed -> 2
			usr/stow/bar/:managed-by -> ../stow2/:installed/bin/stow2`,
	},
	{
		name: "stow2 stows itself", cmd: "stow2/2.1",
		after: "usr/bin -> stow/stow2/2.1/bin\nusr/stow/stow2/:installed -> 2.1\nusr/stow/stow2/:managed-by -> ../stow2/:installed/bin/stow2",
	},
	{
		name: "the store has moved", before: foo + `
			usr/stow/foo/:installed -> 1.0
			usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2
			usr/bin/foo -> ../old/foo/1.0/bin/foo`, cmd: "--relocate-from=/usr/old foo",
		after: `
			!usr/bin/foo -> ../old/foo/1.0/bin/foo
			usr/bin/foo -> ../stow/foo/1.0/bin/foo
			usr/bin/old -> ../stow/foo/1.0/bin/old`,
	},

	// A naive package never gets a magic file.
	{name: "naive", before: "usr/stow/bar-1/bin/bar = b", cmd: "bar-1", after: "usr/bin -> stow/bar-1/bin"},
	{name: "naive, unstowed", before: "usr/stow/bar-1/bin/bar = b\nusr/bin -> stow/bar-1/bin", cmd: "-D bar-1", after: "!usr/bin -> stow/bar-1/bin"},
	{
		name: "naive beside protocol", before: foo + "\nusr/stow/bar-1/bin/bar = b", cmd: "bar-1 foo/1.0",
		after: `
			usr/bin/bar -> ../stow/bar-1/bin/bar
			usr/bin/foo -> ../stow/foo/1.0/bin/foo
			usr/bin/old -> ../stow/foo/1.0/bin/old
			usr/stow/foo/:installed -> 1.0
			usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`,
	},
	{
		name: "the stow directory is held", before: "usr/stow/bar-1/x = b\nusr/x -> stow/bar-1/x\nusr/stow/:managed-by -> /sbin/apt", cmd: "-D bar-1",
		exit: 3, says: "/sbin/apt",
	},
	{
		name: "the stow directory is held: stowing is no harm", before: "usr/stow/bar-1/x = b\nusr/stow/:managed-by -> /sbin/apt", cmd: "bar-1",
		after: "usr/x -> stow/bar-1/x",
	},
}

// remove marks lines as removed.
func remove(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, "!"+line)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// want applies the differences in a table.
func want(before, diff string) string {
	at := map[string]bool{}
	for line := range strings.SplitSeq(before, "\n") {
		at[line] = true
	}
	for line := range strings.SplitSeq(storetest.Lines(diff), "\n") {
		if gone, ok := strings.CutPrefix(line, "!"); ok {
			delete(at, gone)
		}
	}
	var out strings.Builder
	for line := range at {
		out.WriteString(line + "\n")
	}
	for line := range strings.SplitSeq(storetest.Lines(diff), "\n") {
		if !strings.HasPrefix(line, "!") {
			out.WriteString(line + "\n")
		}
	}
	return storetest.Lines(out.String())
}

func TestCommands(t *testing.T) {
	for _, c := range commands {
		t.Run(c.name, func(t *testing.T) {
			w := storetest.New(t, c.before)
			before := w.Show()
			if _, err := w.Run("-n " + c.cmd); store.ExitCode(err) != 0 && c.exit == 0 {
				t.Errorf("-n: %v", err)
			}
			if got := w.Show(); got != before {
				t.Errorf("-n left\n%s", got)
			}
			r, err := w.Run(c.cmd)
			if store.ExitCode(err) != c.exit || c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Errorf("exit %d: %v", store.ExitCode(err), err)
			}
			if got, want := w.Show(), want(before, c.after); got != want {
				t.Errorf("left\n%s\n\nwant\n%s", got, want)
			}
			if c.exit == 0 && (c.after == "") != r.Empty() {
				t.Errorf("Empty() = %v: %+v", r.Empty(), r.Plan)
			}
			again(t, w, c.cmd, c.exit)
		})
	}
}

// again runs a command once more, and requires that nothing is written.
func again(t *testing.T, w *storetest.World, cmd string, exit int) {
	t.Helper()
	before := w.Show()
	w.Naps = 0
	if _, err := w.Run(cmd); store.ExitCode(err) != exit {
		t.Errorf("once more: %v", err)
	}
	if got := w.Show(); got != before {
		t.Errorf("once more left\n%s", got)
	}
	w.Naps = -1
}
