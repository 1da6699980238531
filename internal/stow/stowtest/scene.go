package stowtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"converge/internal/breakpoint"
)

// Scene is a tree with a command that changes it.
type Scene struct {
	Name string
	// Build builds the tree in root, which is empty.
	Build func(t testing.TB, root string)
	// Target is the path of the farm's target in root, such as "t".
	Target string
	// Argv returns the command, which must call breakpoint.Enable; run once more, it must complete what an earlier run
	// started. Env is added to the environment.
	Argv func(root string) []string
	Env  func(root string) []string
	// Run, if not nil, runs a command undisturbed in this process, and returns its output. That takes a tenth of the
	// time.
	Run func(ctx context.Context, root string, argv []string) ([]byte, error)
	// Calls are the system calls to disturb; nil is Changing.
	Calls []string
	// Same, if not nil, returns an error if a further condition, which must hold after every run, does not hold for a
	// tree.
	Same func(root string) error
	// Windows allows paths to be unreachable until Repair has run, which finishes started changes and starts none: for
	// file systems that cannot exchange.
	Windows bool
	Repair  func(root string) []string
	// Twice also kills the second run, at each of the first Twice calls of each name. 0 is one: the call at which the
	// first run was killed.
	Twice int

	// Dir is where trees are built, one after the other at the same path; "" builds each in a new directory. Trees that
	// contain their own path need it.
	Dir string
	// Later are other commands. Each runs once between a kill and the repetition, and must lead to the same tree as
	// after the undisturbed command.
	Later []Later
	// Between, if not nil, returns an error about a tree after a kill or a repair, given the trees before and after the
	// undisturbed command.
	Between func(now, before, after map[string]string) error
	// Blur, if not nil, replaces the description of a path that differs in each run.
	Blur func(path, what string) string
	// CheckMessage, if not nil, returns an error about the error message of a command that failed.
	CheckMessage func(exit error, output string) error

	disks *disks // of the tree, if the power is cut
}

// Later is a command that runs after a kill, before the repetition.
type Later struct {
	Name string
	Argv func(root string) []string
	// Alone: it does all the remaining work, so that there is nothing to repeat.
	Alone bool
}

// Changing returns every system call that changes a file system, or a lock.
func Changing() []string {
	return []string{"flock", "mkdirat", "symlinkat", "linkat", "unlinkat", "renameat", "renameat2", "fsync", "syncfs"}
}

// Writing returns the further system calls that copy a file.
func Writing() []string {
	return []string{"openat", "write", "copy_file_range", "fchown", "fchmod", "utimensat"}
}

// Tally is the result of a trial.
type Tally struct {
	Points   int // disturbed runs; a run killed twice counts twice
	Lost     int // a path was unreachable that exists before and after
	Unfit    int // repeating did not lead to the tree of an undisturbed run
	Unstable int // repeating once more changed something
	Torn     int // the tree after the kill was wrong
	Silent   int // a system call failed without an error message or a repetition
}

// Add adds another tally.
func (t *Tally) Add(o Tally) {
	t.Points, t.Lost, t.Unfit = t.Points+o.Points, t.Lost+o.Lost, t.Unfit+o.Unfit
	t.Unstable, t.Torn, t.Silent = t.Unstable+o.Unstable, t.Torn+o.Torn, t.Silent+o.Silent
}

func (t Tally) String() string {
	return fmt.Sprintf("%d points: %d lost, %d unfit, %d unstable, %d torn, %d silent",
		t.Points, t.Lost, t.Unfit, t.Unstable, t.Torn, t.Silent)
}

// trial is a scene whose first and final tree are known.
type trial struct {
	Scene
	t      *testing.T
	before map[string]string
	after  map[string]string
	start  map[string]string // all of the tree, links as links
	built  *image            // of it, if it can be made from memory
	goal   *end
	ends   []*end // with each of Later
	tally  Tally

	reachable known // trees in which every path is reachable
}

func (s Scene) newTrial(t *testing.T) *trial {
	t.Helper()
	if s.Calls == nil {
		s.Calls = Changing()
	}
	x := &trial{Scene: s, t: t, reachable: known{}}
	root := x.makeTree()
	x.before, x.start = Seen(t, root+"/"+s.Target), x.readTree(root)
	x.keepTree(root)
	x.mustRun(root, x.Argv(root))
	x.after, x.goal = Seen(t, root+"/"+s.Target), x.newEnd(root)
	for _, later := range s.Later {
		root := x.makeTree()
		x.mustRun(root, x.Argv(root))
		x.mustRun(root, later.Argv(root))
		x.ends = append(x.ends, x.newEnd(root))
	}
	return x
}

// readTree describes a whole tree for comparisons.
func (x *trial) readTree(root string) map[string]string { return x.describe(x.readImage(root)) }

func (x *trial) describe(i *image) map[string]string {
	tree := i.describe()
	if x.Blur != nil {
		for path, what := range tree {
			tree[path] = x.Blur(path, what)
		}
	}
	return tree
}

// keepTree keeps the built tree in memory, and checks that a tree made from it is equal. The copy does not contain file
// systems that Build mounts.
func (x *trial) keepTree(root string) {
	built := x.readImage(root)
	if x.disks != nil || built.mounts {
		return
	}
	x.built = built
	if diff := Differences(x.readTree(x.makeTree()), x.start); len(diff) > 0 {
		x.t.Fatalf("the tree is another when it is made from memory: %s", strings.Join(diff, "\n"))
	}
}

func (x *trial) readImage(root string) *image {
	i, err := readImage(root)
	if err != nil {
		x.t.Fatal(err)
	}
	return i
}

// makeTree makes a new tree in which the command can run.
func (x *trial) makeTree() string {
	if x.built != nil {
		return x.writeTree(x.built)
	}
	root := x.makeRoot()
	if x.disks != nil {
		x.disks.makeTree(x.Build)
	} else {
		x.Build(x.t, root)
	}
	return root
}

// writeTree makes a tree from memory.
func (x *trial) writeTree(i *image) string {
	root := x.makeRoot()
	if err := i.write(root); err != nil {
		x.t.Fatal(err)
	}
	return root
}

// makeRoot makes the empty directory of a tree.
func (x *trial) makeRoot() string {
	if x.Dir == "" {
		return x.t.TempDir()
	}
	if x.disks != nil {
		return x.Dir
	}
	x.removeTree(x.Dir)
	if err := os.MkdirAll(x.Dir, 0o755); err != nil {
		x.t.Fatal(err)
	}
	return x.Dir
}

func (x *trial) removeTree(root string) {
	if x.Dir == "" {
		os.RemoveAll(root) //nolint:errcheck // t.TempDir also removes it, later
	} else if err := os.RemoveAll(root); err != nil {
		x.t.Fatal(err)
	}
}

func (x *trial) mustRun(root string, argv []string) {
	if out, err := x.run(root, argv); err != nil {
		x.t.Fatalf("undisturbed: %q: %v\n%s", argv, err, out)
	}
}

// run runs a command to its end.
func (x *trial) run(root string, argv []string) ([]byte, error) {
	if x.Run != nil {
		return x.Run(x.t.Context(), root, argv)
	}
	return x.commandFor(root, argv).CombinedOutput()
}

func (x *trial) newCommand(root string) *exec.Cmd {
	return x.commandFor(root, x.Argv(root))
}

func (x *trial) commandFor(root string, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(x.t.Context(), argv[0], argv[1:]...)
	// One thread makes the calls, so that they are counted one after the other.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	if x.Env != nil {
		cmd.Env = append(cmd.Env, x.Env(root)...)
	}
	return cmd
}

// killBefore kills the command directly before a call, and reports whether the command got there.
func (x *trial) killBefore(root string, p point) bool {
	dead, out, err := breakpoint.Run(x.newCommand(root), []string{p.call}, func(c breakpoint.Call) breakpoint.Answer {
		if c.N == p.n {
			return breakpoint.Kill
		}
		return breakpoint.Proceed
	})
	if err != nil {
		x.t.Fatalf("not killed, and failed: %v\n%s", err, out)
	}
	if dead {
		x.tally.Points++
	}
	return dead
}

// runFaulty runs the command and makes a call fail, or, with forever, also each later one of that name. It reports
// whether the command got there.
func (x *trial) runFaulty(root string, p point, errno syscall.Errno, forever bool) (failed bool, out []byte, err error) {
	_, out, err = breakpoint.Run(x.newCommand(root), []string{p.call}, func(c breakpoint.Call) breakpoint.Answer {
		if c.N == p.n || forever && c.N > p.n {
			failed = true
			return breakpoint.Answer(errno)
		}
		return breakpoint.Proceed
	})
	return failed, out, err
}
