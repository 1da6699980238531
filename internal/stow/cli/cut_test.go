package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/stowtest"
	"converge/internal/testhost"
)

// big is a package with some dozen files: most in both versions, some in only one, in separate directories and among
// others.
func big() string {
	var b strings.Builder
	for n := range 24 {
		dir := []string{"bin", "lib", "share/doc/foo", "share/foo"}[n%4]
		if n%9 != 7 {
			fmt.Fprintf(&b, "f usr/stow/foo/1.0/%s/n%02d one\n", dir, n)
		}
		if n%9 != 8 {
			fmt.Fprintf(&b, "f usr/stow/foo/2.0/%s/n%02d two\n", dir, n)
		}
	}
	return own + b.String()
}

// powerCuts returns the commands during which the power is cut: the named ones, and big ones.
func powerCuts(names ...string) []killed {
	list := []killed{
		{name: "big: stow", before: big(), cmd: "foo/1.0"},
		{name: "big: switch", before: big() + "$ foo/1.0", cmd: "foo/2.0"},
		{name: "big: unstow", before: big() + "$ foo/1.0", cmd: "-D foo"},
	}
	list = slices.DeleteFunc(append(list, versions()...), func(k killed) bool { return !slices.Contains(names, k.name) })
	for i := range list {
		list[i].versioned, list[i].writes = true, false // only the state at a sync matters for writes
	}
	return list
}

// TestPowerCut cuts the power before each changing system call, where [TestVersionsKilledAnywhere] kills, and reads the
// disk afterwards: the magic links never refer to lost links, and both a repetition of the command and recovery lead to
// the same tree as an undisturbed command.
func TestPowerCut(t *testing.T) {
	cutAll(t, powerCuts("big: stow", "stow and adopt", "force switch"), "")
}

// TestPowerCutOfTwoDisks has the stow directory on a separate disk: only syncs order the writes to the two.
func TestPowerCutOfTwoDisks(t *testing.T) {
	cutAll(t, powerCuts("big: switch", "unstow", "stow unfolds another", "stow and adopt", "view: switch"), "", "usr/stow")
}

func cutAll(t *testing.T, list []killed, mounts ...string) {
	t.Helper()
	needTime(t)
	if why := stowtest.NoDisks(t.Context(), t.TempDir()); why != "" {
		testhost.Cannot(t, "this test needs disks to take the power from: "+why)
	}
	var sum tallies
	t.Cleanup(func() { sum.print(t) })
	for _, k := range list {
		if k.other == nil {
			k.other = []string{"--recover"}
		}
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			sum.add(k.name, k.scene(t).Cuts(t, mounts...))
		})
	}
}
