package stow2_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"converge/internal/providers/stow/stowtest"
	"converge/internal/testhost"
)

// killed is a command to kill: in a tree with a stow directory usr/stow and its
// target usr.
type killed struct {
	name   string
	before string // lines of stowtest.Build, and then one "$ WORDS" for each command, and lines again
	cmd    string // the words behind stow2
	target string // below usr; "" is usr itself
	other  string // the command that comes in between; "" stows zz
}

// packages are in every stow directory.
const packages = `
f usr/stow/u1/lib/a u1-a
f usr/stow/u2/lib/b u2-b
f usr/stow/p/bin/p p-p
f usr/stow/p/lib/p1 p-1
f usr/stow/p/lib/sub/p2 p-2
f usr/stow/p/share/doc/p/readme p-readme
f usr/stow/q/bin/q q-q
f usr/stow/q/lib/q1 q-1
f usr/stow/q/lib/sub/q2 q-2
f usr/stow/q/share/doc/q/readme q-readme
f usr/stow/foo-1/bin/foo foo-1
f usr/stow/foo-1/lib/foo lib-1
f usr/stow/foo-1/lib/old old-1
f usr/stow/foo-2/bin/foo foo-2
f usr/stow/foo-2/lib/foo lib-2
f usr/stow/foo-2/lib/new new-2
f usr/stow/c/conf c-conf
f usr/stow/c/etc/conf c-etc-conf
f usr/stow/dots/dot-rc dots-rc
f usr/stow/dots/dot-config/app/conf dots-conf
f usr/stow/zz/zz zz
f usr/stow/zz/zzd/zz zzd
d home
`

// naive are the commands that GNU Stow has, and those that are about packages
// of its kind.
func naive() []killed {
	return []killed{
		{name: "stow", cmd: "p q"},
		{name: "stow among others", before: "f usr/bin/own x\nf usr/lib/sub/own x", cmd: "p"},
		{name: "stow without folding", cmd: "--no-folding p"},
		{name: "stow dotfiles", before: "f usr/.config/own x", cmd: "--dotfiles dots"},
		{name: "stow and mkdir", cmd: "--mkdir p", target: "new/er", other: "--mkdir zz"},
		{name: "unstow", before: "$ p", cmd: "-D p"},
		{name: "unstow unfolded", before: "$ --no-folding p", cmd: "-D p"},
		{name: "unstow by walking", before: "$ p q", cmd: "-D -p p"},
		{name: "unfold", before: "$ u1", cmd: "u2"},
		{name: "unfold deep", before: "$ p", cmd: "q"},
		{name: "refold", before: "$ u1 u2", cmd: "-D u2"},
		{name: "refold deep", before: "$ p q", cmd: "-D q"},
		{name: "restow with changes", before: "$ --no-folding p\nrm usr/stow/p/lib/p1\nf usr/stow/p/lib/p3 p-3\nf usr/stow/p/bin/p4 p-4", cmd: "-R --no-folding p"},
		{name: "restow of two with changes", before: "$ p q\nrm usr/stow/p/lib/p1\nf usr/stow/q/lib/sub/q3 q-3", cmd: "-R p q"},
		{name: "restow without folding", before: "$ p", cmd: "-R --no-folding p"},
		{name: "restow that changes nothing", before: "$ --no-folding p", cmd: "-R p"},
		// With folding this would not end the same when it is done twice: to unstow
		// folds whatever directory it finds holding one package's links only.
		{name: "switch files", before: "$ --no-folding foo-1", cmd: "--no-folding -D foo-1 -S foo-2"},
		{name: "switch files among others", before: "f usr/bin/own x\nf usr/lib/own x\n$ foo-1", cmd: "-D foo-1 -S foo-2"},
		{name: "switch folded", before: "$ foo-1", cmd: "-D foo-1 -S foo-2"},
		{name: "switch beside another", before: "$ foo-1 p", cmd: "-D foo-1 -S foo-2"},
		{name: "override", before: "f usr/bin/own x\n$ foo-1", cmd: "--override=. foo-2"},
		{name: "defer", before: "f usr/bin/own x\n$ foo-1", cmd: "--defer=. foo-2"},
		{name: "adopt", before: "f usr/conf mine\nf usr/etc/conf mine-too", cmd: "--adopt c"},
		{name: "back up", before: "f usr/conf mine\nf usr/etc/conf mine-too", cmd: "--backup=.orig c"},
		{name: "put back", before: "f usr/conf mine\nf usr/etc/conf mine-too\n$ --backup=.orig c", cmd: "-D --backup=.orig c"},
		{name: "absolute", before: "$ u1", cmd: "--absolute -R u1"},
		{name: "prune", before: "f usr/bin/own x\n$ p q foo-1\nrm usr/stow/q\nrm usr/stow/foo-1/lib/old", cmd: "--prune"},
		{name: "several", before: "$ p u1", cmd: "-D p -S q -R u1 -S u2 foo-2"},
	}
}

// build makes the tree of lines; "rm PATH" takes away, "$ WORDS" is a command.
func (k killed) build(t testing.TB, root string) {
	t.Helper()
	stowtest.Build(t, root, packages)
	for line := range strings.Lines(k.before) {
		line = strings.TrimSpace(line)
		if path, ok := strings.CutPrefix(line, "rm "); ok {
			if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
				t.Fatal(err)
			}
		} else if words, ok := strings.CutPrefix(line, "$ "); ok {
			argv := k.argv(words)(root)
			cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec // it is this program
			cmd.Env = append(os.Environ(), environment(root)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%q: %v\n%s", argv, err, out)
			}
		} else {
			stowtest.Build(t, root, line)
		}
	}
}

func (k killed) argv(words string) func(root string) []string {
	return func(root string) []string {
		argv := []string{"stow2", "-d", root + "/usr/stow", "-t", filepath.Join(root, "usr", k.target)}
		for _, w := range strings.Fields(words) {
			argv = append(argv, strings.ReplaceAll(w, "ROOT", root))
		}
		return argv
	}
}

func environment(root string) []string {
	return []string{"HOME=" + root + "/home", "STOW_DIR=", lockEnv + "=1"}
}

// scene is the command as it can be broken. Trees are made once and copied.
func (k killed) scene(t testing.TB) stowtest.Scene {
	var once sync.Once
	dir, built := scratch(t), scratch(t)
	return stowtest.Scene{
		Name: k.name, Target: "usr", Dir: dir + "/root", Argv: k.argv(k.cmd), Env: environment, Twice: twice(t),
		Build: func(t testing.TB, root string) {
			once.Do(func() {
				k.build(t, root)
				if err := os.Rename(root, built+"/root"); err != nil {
					t.Fatal(err)
				}
			})
			stowtest.Copy(t, built+"/root", root)
		},
		Later: []stowtest.Later{{Name: "another", Argv: k.argv(cmp.Or(k.other, "zz"))}},
	}
}

// scratch is a directory in memory, if there is such a thing.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "stow2-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// twice is at how many calls of each name the second run is killed; 0 is one,
// that at which the first was. Set it for the long trial.
func twice(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("CONVERGE_TEST_TWICE"), "0"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tallies is a table of what trials came to.
type tallies struct {
	sync.Mutex
	rows []string
	sum  stowtest.Tally
}

func (s *tallies) add(name string, t stowtest.Tally) {
	s.Lock()
	defer s.Unlock()
	s.rows = append(s.rows, fmt.Sprintf("%-34s %6d %11d %11d", name, t.Points, t.Lost+t.Torn, t.Unfit+t.Unstable))
	s.sum.Add(t)
}

func (s *tallies) print(t *testing.T) {
	s.Lock()
	defer s.Unlock()
	t.Logf("%-34s %6s %11s %11s\n%s\n%-34s %6d %11d %11d", "command", "points", "unreachable", "unrecovered",
		strings.Join(s.rows, "\n"), "all", s.sum.Points, s.sum.Lost+s.sum.Torn, s.sum.Unfit+s.sum.Unstable)
}

// TestKilledAnywhere kills each command before each system call that changes
// something, and the run after that as well: no path that is there before and
// after is out of reach at any time, and repeating the command, at once or
// after another, leads to what it would have led to.
func TestKilledAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it runs a process for each system call")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		testhost.Cannot(t, "needs strace, to break commands at their system calls")
	}
	var sum tallies
	t.Cleanup(func() { sum.print(t) })
	for _, k := range naive() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			sum.add(k.name, k.scene(t).Kills(t))
		})
	}
}
