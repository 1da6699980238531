package execute_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/stowtest"
	"converge/internal/testhost"
)

// packages is the store that the scenes link to.
const packages = `
f stow/a/bin/x a-x
f stow/a/lib/a a-a
f stow/a/lib/sub/a a-sub-a
f stow/a/share/doc/a/readme a-readme
f stow/b/bin/x b-x
f stow/b/bin/y b-y
f stow/b/lib/a b-a
f stow/b/lib/b b-b
f stow/b/lib/sub/b b-sub-b
f stow/b/share/doc/b/readme b-readme
f stow/c/conf c-conf
f stow/c/etc/conf c-etc-conf
`

// scene is one list of operations: from the present content of the target to the goal.
type scene struct {
	name   string
	before string // below t, in the format of stowtest.Build
	goal   string // in the format of parseGoal
	mount  string // a directory of the target with a separate file system
	adrift bool   // the packages are on another file system
	plain  bool   // the file system cannot exchange a link and a directory
	layers bool   // the target is an overlay, from whose lower layer directories cannot be renamed
	writes bool   // files are copied
}

func scenes() []scene {
	return []scene{
		{name: "add", before: "d bin", goal: "d bin\nl bin/x ../../stow/a/bin/x\nd lib\nd lib/sub\nl lib/a ../../stow/a/lib/a\nl lib/sub/a ../../../stow/a/lib/sub/a\nl share ../stow/a/share"},
		{name: "remove", before: "l bin/x ../../stow/a/bin/x\nl bin/y ../../stow/b/bin/y\nl share ../stow/a/share", goal: "d bin\nl bin/y ../../stow/b/bin/y"},
		{name: "remove directories", before: "l lib/a ../../stow/a/lib/a\nl lib/sub/a ../../../stow/a/lib/sub/a\nl bin/x ../../stow/a/bin/x", goal: ""},
		{name: "unfold", before: "l lib ../stow/a/lib", goal: "d lib\nl lib/a ../../stow/a/lib/a\nl lib/b ../../stow/b/lib/b\nl lib/sub ../../stow/a/lib/sub"},
		{name: "unfold deep", before: "l lib ../stow/a/lib\nl share ../stow/a/share", goal: `
d lib
l lib/a ../../stow/a/lib/a
l lib/b ../../stow/b/lib/b
d lib/sub
l lib/sub/a ../../../stow/a/lib/sub/a
l lib/sub/b ../../../stow/b/lib/sub/b
d share
d share/doc
l share/doc/a ../../../stow/a/share/doc/a
l share/doc/b ../../../stow/b/share/doc/b`},
		{name: "refold", before: "l lib/a ../../stow/a/lib/a\nl lib/b ../../stow/b/lib/b\nl lib/sub ../../stow/a/lib/sub", goal: "l lib ../stow/a/lib"},
		{name: "refold deep", before: `
l lib/a ../../stow/a/lib/a
l lib/b ../../stow/b/lib/b
l lib/sub/a ../../../stow/a/lib/sub/a
l lib/sub/b ../../../stow/b/lib/sub/b
l share/doc/a ../../../stow/a/share/doc/a
l share/doc/b ../../../stow/b/share/doc/b`, goal: "l lib ../stow/a/lib\nl share ../stow/a/share"},
		{name: "restow without folding", before: "l bin ../stow/a/bin\nl lib ../stow/a/lib\nl share ../stow/a/share", goal: `
d bin
l bin/x ../../stow/a/bin/x
d lib
l lib/a ../../stow/a/lib/a
d lib/sub
l lib/sub/a ../../../stow/a/lib/sub/a
d share
d share/doc
d share/doc/a
l share/doc/a/readme ../../../../stow/a/share/doc/a/readme`},
		{name: "switch files", before: "l bin/x ../../stow/a/bin/x\nl lib/a ../../stow/a/lib/a\nl lib/sub/a ../../../stow/a/lib/sub/a", goal: `
d bin
l bin/x ../../stow/b/bin/x
l bin/y ../../stow/b/bin/y
d lib
l lib/a ../../stow/b/lib/a
l lib/b ../../stow/b/lib/b
d lib/sub
l lib/sub/b ../../../stow/b/lib/sub/b`},
		{name: "switch folded", before: "l bin ../stow/a/bin\nl lib ../stow/a/lib\nl share ../stow/a/share", goal: "l bin ../stow/b/bin\nl lib ../stow/b/lib\nl share ../stow/b/share"},
		{name: "override", before: "l bin/x ../../stow/a/bin/x\nl lib ../stow/a/lib", goal: "d bin\nl bin/x ../../stow/b/bin/x\nl bin/y ../../stow/b/bin/y\nl lib ../stow/b/lib"},
		{name: "unfold and refold at once", before: "l lib ../stow/a/lib\nl share/doc/a ../../../stow/a/share/doc/a\nl share/doc/b ../../../stow/b/share/doc/b", goal: "d lib\nl lib/a ../../stow/b/lib/a\nl lib/b ../../stow/b/lib/b\nl lib/sub ../../stow/a/lib/sub\nl share ../stow/b/share"},
		{name: "adopt", before: "f conf mine\nf etc/conf mine-too", goal: "m conf ../stow/c/conf ../stow/c/conf\nd etc\nm etc/conf ../stow/c/etc/conf ../../stow/c/etc/conf"},
		{name: "adopt across file systems", before: "f conf mine\nf etc/conf mine-too", goal: "m conf ../stow/c/conf ../stow/c/conf\nd etc\nm etc/conf ../stow/c/etc/conf ../../stow/c/etc/conf", adrift: true, writes: true},
		{name: "back up", before: "f conf mine\nf etc mine-too", goal: "m conf conf.orig ../stow/c/conf\nm etc etc.orig /\nl etc/conf ../../stow/c/etc/conf"},
		{name: "restore", before: "f conf.orig mine\nl conf ../stow/c/conf", goal: "r conf conf.orig"},
		{name: "on a mount", before: "l m/lib ../../stow/a/lib\nl m/bin/x ../../../stow/a/bin/x\nl m/share/doc/a ../../../../stow/a/share/doc/a", goal: `
d m
d m/bin
l m/bin/x ../../../stow/b/bin/x
d m/lib
l m/lib/a ../../../stow/b/lib/a
l m/lib/b ../../../stow/b/lib/b
l m/share ../../stow/a/share`, mount: "m"},
		{name: "without exchange", before: "l lib ../stow/a/lib\nl share/doc/a ../../../stow/a/share/doc/a\nl share/doc/b ../../../stow/b/share/doc/b", goal: "d lib\nl lib/a ../../stow/b/lib/a\nl lib/b ../../stow/b/lib/b\nl lib/sub ../../stow/a/lib/sub\nl share ../stow/b/share", plain: true},
		{name: "on layers", before: "l bin/x ../../stow/a/bin/x\nl share/doc/a ../../../stow/a/share/doc/a\nl share/doc/b ../../../stow/b/share/doc/b\nl lib ../stow/a/lib", goal: "l bin ../stow/b/bin\nd lib\nl lib/a ../../stow/b/lib/a\nl lib/b ../../stow/b/lib/b\nl lib/sub ../../stow/a/lib/sub\nl share ../stow/b/share", layers: true},
	}
}

const (
	rootEnv   = "CONVERGE_TEST_EXECUTE_ROOT"
	sceneEnv  = "CONVERGE_TEST_EXECUTE_SCENE"
	repairEnv = "CONVERGE_TEST_EXECUTE_REPAIR" // only recover
)

func TestMain(m *testing.M) {
	root := os.Getenv(rootEnv)
	if root == "" {
		os.Exit(m.Run())
	}
	breakpoint.Enable()
	if err := runScene(context.Background(), root, os.Getenv(sceneEnv), os.Getenv(repairEnv) != ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runScene is the command under trial: it recovers, plans and runs.
func runScene(ctx context.Context, root, name string, repairOnly bool) error {
	i := slices.IndexFunc(scenes(), func(s scene) bool { return s.name == name })
	if i < 0 {
		return fmt.Errorf("there is no scene %q", name)
	}
	s := scenes()[i]
	d, err := fsys.OpenDirAt(filepath.Join(root, "t"))
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Lock(ctx, true, nil); err != nil {
		return err
	}
	if _, err := execute.Recover(ctx, d); err != nil || repairOnly {
		return err
	}
	ops, err := planFor(d.Path(), parseGoal(s.goal))
	if err != nil {
		return err
	}
	o := execute.Options{Sync: true}
	if s.plain {
		o = execute.WithoutExchange(o)
	}
	err = execute.Run(ctx, d, ops, o)
	return err
}

// trial returns the scene as a command in a tree.
func (s scene) trial(t *testing.T) stowtest.Scene {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	calls := stowtest.Changing()
	if s.writes {
		calls = append(calls, stowtest.Writing()...)
	}
	dir := "" // mounts in a tree stay until the test ends
	if s.mount == "" && !s.adrift && !s.layers {
		dir = memory(t) + "/root"
	}
	return stowtest.Scene{
		Name: s.name, Target: "t", Dir: dir, Calls: calls, Windows: s.plain || s.layers,
		Build:  s.build,
		Argv:   func(string) []string { return []string{exe} },
		Repair: func(string) []string { return []string{"env", repairEnv + "=1", exe} },
		Env:    func(root string) []string { return []string{rootEnv + "=" + root, sceneEnv + "=" + s.name} },
		Run: func(ctx context.Context, root string, argv []string) ([]byte, error) {
			return nil, runScene(ctx, root, s.name, argv[0] == "env")
		},
		Same:  librariesFirst,
		Twice: twice(t),
	}
}

// twice returns at how many calls of each name the second run is killed. Set it for the long trial.
func twice(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("CONVERGE_TEST_TWICE"), "0"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s scene) build(t testing.TB, root string) {
	t.Helper()
	if s.adrift {
		mount(t, filepath.Join(root, "stow"))
	}
	stowtest.Build(t, root, packages+"d t\n")
	if s.mount != "" {
		mount(t, filepath.Join(root, "t", s.mount))
	}
	var lines strings.Builder
	for line := range strings.Lines(s.before) {
		if kind, rest, ok := strings.Cut(line, " "); ok {
			fmt.Fprintf(&lines, "%s t/%s", kind, rest)
		}
	}
	if s.layers {
		layer(t, root, lines.String())
		return
	}
	stowtest.Build(t, root, lines.String())
}

// layer mounts an overlay over a tree on t.
func layer(t testing.TB, root, lines string) {
	t.Helper()
	base := t.TempDir()
	stowtest.Build(t, base, "d upper\nd work\nd t")
	stowtest.Build(t, base, lines)
	options := "lowerdir=" + base + "/t,upperdir=" + base + "/upper,workdir=" + base + "/work"
	if err := unix.Mount("overlay", root+"/t", "overlay", 0, options); err != nil {
		testhost.Cannot(t, "needs to mount an overlay: "+err.Error())
	}
	t.Cleanup(func() { unix.Unmount(root+"/t", unix.MNT_DETACH) })
}

// mount mounts a separate file system on path.
func mount(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", path, "tmpfs", 0, "size=1m"); err != nil {
		testhost.Cannot(t, "needs to mount a file system: "+err.Error())
	}
	t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
}

// librariesFirst checks that the program of b never exists without its library.
func librariesFirst(root string) error {
	for _, dir := range []string{"t", "t/m"} {
		if b, err := os.ReadFile(filepath.Join(root, dir, "bin/x")); err != nil || string(b) != "b-x" {
			continue
		}
		if b, err := os.ReadFile(filepath.Join(root, dir, "lib/b")); err != nil || string(b) != "b-b" {
			return fmt.Errorf("%s/bin/x is new, and there is no lib/b: %w", dir, cmp.Or(err, errors.New("it is another")))
		}
	}
	return nil
}

// TestKilledAnywhere kills each run before each changing system call, and the repeated run as well: no path that exists
// before and after is ever unreachable, and repeating completes the change.
func TestKilledAnywhere(t *testing.T) {
	needTime(t)
	tryAll(t, func(s stowtest.Scene, t *testing.T) stowtest.Tally { return s.Kills(t) })
}

// TestFailsAnywhere makes each of those system calls fail.
func TestFailsAnywhere(t *testing.T) {
	needTime(t)
	tryAll(t, func(s stowtest.Scene, t *testing.T) stowtest.Tally {
		return s.Faults(t, unix.EIO, unix.ENOSPC, unix.EROFS)
	})
}

// tryAll tries every scene, in parallel.
func tryAll(t *testing.T, try func(stowtest.Scene, *testing.T) stowtest.Tally) {
	t.Helper()
	var mu sync.Mutex
	var sum stowtest.Tally
	t.Cleanup(func() { t.Logf("%d scenes, %v", len(scenes()), sum) })
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tally := try(s.trial(t), t)
			mu.Lock()
			defer mu.Unlock()
			sum.Add(tally)
		})
	}
}

func needTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: it runs a process for each system call")
	}
	if err := breakpoint.Available(); err != nil {
		testhost.Cannot(t, "needs to stop commands at their system calls: "+err.Error())
	}
}
