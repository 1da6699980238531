package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"converge/internal/breakpoint"
	"converge/internal/stow/cli"
	"converge/internal/stow/stowtest"
	"converge/internal/testhost"
)

// killed is a command to kill, in a tree with a stow directory usr/stow and its target usr.
type killed struct {
	name   string
	before string   // lines of stowtest.Build, and then one "$ WORDS" for each command, and lines again
	cmd    string   // the words after stow2
	target string   // "" is usr
	other  []string // commands that run in between, one at a time
	writes bool     // it writes to files

	versioned bool // it follows the protocol
	steps     bool // it makes two changes of a package, one after the other
}

// build makes the tree of lines; "rm PATH" removes, "$ WORDS" is a command.
func (k killed) build(t testing.TB, root string) {
	t.Helper()
	stowtest.Build(t, root, packages+images)
	for line := range strings.Lines(k.before) {
		line = strings.TrimSpace(line)
		if path, ok := strings.CutPrefix(line, "rm "); ok {
			if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
				t.Fatal(err)
			}
		} else if words, ok := strings.CutPrefix(line, "$ "); ok {
			argv := k.argv(words)(root)
			if out, err := runHere(t.Context(), root, argv); err != nil {
				t.Fatalf("%q: %v\n%s", argv, err, out)
			}
		} else {
			stowtest.Build(t, root, line)
		}
	}
}

func (k killed) argv(words string) func(root string) []string {
	return func(root string) []string {
		argv := []string{"stow2", "-d", root + "/usr/stow"}
		if view, _, ok := strings.Cut(k.target, "/current"); ok {
			argv = append(argv, "--view", filepath.Join(root, view), "--generations")
		} else {
			argv = append(argv, "-t", filepath.Join(root, cmp.Or(k.target, "usr")))
		}
		if k.versioned && !strings.Contains(words, "--act-for") {
			argv = append(argv, "--act-for="+root+"/usr/stow/stow2/2.1/bin/stow2")
		}
		for _, w := range strings.Fields(words) {
			argv = append(argv, strings.ReplaceAll(w, "ROOT", root))
		}
		return argv
	}
}

// none is no command at all.
const none = "none"

func environment(root string) []string {
	return []string{"HOME=" + root + "/home", "STOW_DIR="}
}

// runHere runs the command in this process.
func runHere(ctx context.Context, root string, argv []string) ([]byte, error) {
	var out bytes.Buffer
	env := map[string]string{"HOME": root + "/home"}
	code := cli.Main(ctx, cli.Env{
		Name: argv[0], Manager: "stow2", Args: argv[1:], Version: "under-test", Dir: root,
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Stdin:  strings.NewReader(""), Stdout: &out, Stderr: &out,
	})
	if code != 0 {
		return out.Bytes(), fmt.Errorf("exit status %d", code)
	}
	return out.Bytes(), nil
}

// scene returns the command as a scene for trials.
func (k killed) scene(t testing.TB) stowtest.Scene {
	s := stowtest.Scene{
		Name: k.name, Target: cmp.Or(k.target, "usr"), Dir: scratch(t) + "/root", Argv: k.argv(k.cmd), Env: environment, Run: runHere, Twice: twice(t),
		Build:   k.build,
		Between: k.between,
		Blur: func(path, what string) string {
			if strings.HasSuffix(path, "/:unstowed") { // it contains the time
				what, _, _ = strings.Cut(what, ":")
			}
			return what
		},
	}
	for _, words := range k.other {
		if words == none {
			continue
		}
		s.Later = append(s.Later, stowtest.Later{Name: words, Argv: k.argv(words)})
	}
	if k.writes {
		s.Calls = append(stowtest.Changing(), stowtest.Writing()...)
	}
	return s
}

// scratch returns a directory in memory, if there is one.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "stow2-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// twice returns at how many calls of each name the second run is killed; 0 is one, the call at which the first was
// killed. Set it for the long trial.
func twice(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("CONVERGE_TEST_TWICE"), "0"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tallies is a table of the results of trials.
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

// TestKilledAnywhere kills each command before each changing system call, and the next run as well: no path that exists
// before and after is unreachable at any time, and repeating the command, at once or after another one, leads to the
// same tree as without a kill.
func TestKilledAnywhere(t *testing.T) { killAll(t, naive(), "zz") }

// TestVersionsKilledAnywhere does the same with packages that have versions. It also checks their magic links, and runs
// recovery in between.
func TestVersionsKilledAnywhere(t *testing.T) { killAll(t, versions(), "zz", "zq/1", "--recover") }

func needTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: it runs a process for each system call")
	}
	if err := breakpoint.Available(); err != nil {
		testhost.Cannot(t, "needs to stop commands at their system calls: "+err.Error())
	}
	useBreakable(t)
}

// useBreakable makes testdata/breakable the stow2 command of a test.
func useBreakable(t *testing.T) {
	t.Helper()
	dir, err := breakable.build()
	if err != nil {
		t.Fatalf("cannot build stow2: %v", err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// built is a program in a directory of its own, built on first use.
type built struct {
	once sync.Once
	dir  string
	err  error
}

var breakable built

func (b *built) build() (dir string, err error) {
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "breakable-"); b.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-ldflags=-w", "-o", b.dir+"/stow2", "./testdata/breakable").CombinedOutput()
		if err != nil {
			b.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	return b.dir, b.err
}

func (b *built) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

func killAll(t *testing.T, list []killed, other ...string) {
	t.Helper()
	needTime(t)
	var sum tallies
	t.Cleanup(func() { sum.print(t) })
	for _, k := range list {
		if k.other == nil {
			k.other = other
		}
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			sum.add(k.name, k.scene(t).Kills(t))
		})
	}
}
