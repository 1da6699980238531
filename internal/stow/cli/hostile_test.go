package cli_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/stow/stowtest"
	"converge/internal/testhost"
)

// farmAt is a stow directory with its target, for running commands.
type farmAt struct {
	t    testing.TB
	root string
	user int // the user that runs commands; 0 is root
	rss  int64
}

func newFarm(t testing.TB, lines string) *farmAt {
	t.Helper()
	f := &farmAt{t: t, root: scratch(t)}
	stowtest.Build(t, f.root, "d home\n"+lines)
	return f
}

// run runs stow2, requires an exit status, and returns the output.
func (f *farmAt) run(want int, words ...string) string {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	if f.user != 0 {
		self = f.root + "/stow2"
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"stow2", "-d", f.root + "/usr/stow", "-t", f.root + "/usr"}, words...)
	cmd.Env = append(os.Environ(), environment(f.root)...)
	cmd.Dir = f.root
	if f.user != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(f.user), Gid: uint32(f.user)}}
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		f.t.Fatal(err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.rss = usage.Maxrss << 10
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		f.t.Fatalf("stow2 %.200q: exit status %d, want %d\n%.2000s", words, got, want, out)
	}
	return string(out)
}

func (f *farmAt) tree() map[string]string { return stowtest.Tree(f.t, f.root+"/usr") }

// same requires that the tree is unchanged.
func (f *farmAt) same(was map[string]string, when string) {
	f.t.Helper()
	if diff := stowtest.Differences(f.tree(), was); len(diff) > 0 {
		f.t.Errorf("%s: %.2000s", when, strings.Join(diff, "\n"))
	}
}

// mounted mounts a separate file system on a directory of the farm.
func (f *farmAt) mounted(path, options string) string {
	f.t.Helper()
	at := filepath.Join(f.root, path)
	if err := os.MkdirAll(at, 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := unix.Mount("none", at, "tmpfs", 0, options); err != nil {
		testhost.Cannot(f.t, "needs to mount a file system: "+err.Error())
	}
	f.t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	return at
}

func remount(t testing.TB, at string, flags uintptr, options string) {
	t.Helper()
	if err := unix.Mount("none", at, "tmpfs", unix.MS_REMOUNT|flags, options); err != nil {
		t.Fatal(err)
	}
}

// TestHostileNames: every name that a file system allows must work.
func TestHostileNames(t *testing.T) {
	f := newFarm(t, "d usr/stow")
	names := []string{"new\nline", "a blank", " ", "-D", "--no-folding", "\xff\xfe", "\x01", "tab\t", "'\"\\$`", "#x", "...", "%s", strings.Repeat("n", 255), strings.Repeat("\xf0", 255)}
	for i, pkg := range []string{"p\n", "q r"} {
		for _, name := range names {
			dir := filepath.Join(f.root, "usr/stow", pkg, name)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, file := range append(names[:i+3:i+3], pkg) {
				if err := os.WriteFile(filepath.Join(dir, file+pkg[:min(i, 255-len(file))]), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	empty := f.tree()
	f.run(0, "p\n")
	one := f.tree()
	f.run(0, "-R", "p\n")
	f.same(one, "restowed")
	f.run(0, "q r")
	f.run(0, "-R", "--no-folding", "q r", "p\n")
	f.run(0, "-D", "q r")
	f.run(0, "--", "q r")
	f.run(0, "-D", "p\n", "q r")
	for path, what := range f.tree() {
		if what != empty[path] && strings.HasPrefix(what, "link") {
			t.Errorf("%q is left: %s", path, what)
		}
	}
}

// deep makes nested directories.
func deep(t testing.TB, at string, depth int) {
	t.Helper()
	fd, err := unix.Open(at, unix.O_DIRECTORY, 0)
	for range depth {
		if err == nil {
			err = unix.Mkdirat(fd, "d", 0o755)
		}
		var sub int
		if err == nil {
			sub, err = unix.Openat(fd, "d", unix.O_DIRECTORY, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
		fd = sub
	}
	file, err := unix.Openat(fd, "file", unix.O_CREAT|unix.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(file)
	unix.Close(fd)
}

// TestDeepPackages: 4,000 nested directories are folded, and unfolded as deep as the text of a link can reach; deeper
// changes are refused at the beginning.
func TestDeepPackages(t *testing.T) {
	f := newFarm(t, "d usr/stow/deep\nd usr/stow/mid\nf usr/stow/flat/flat x")
	deep(t, f.root+"/usr/stow/deep", 4000)
	deep(t, f.root+"/usr/stow/mid", 600)
	f.run(0, "deep")
	f.run(0, "-R", "deep")
	out := f.run(2, "-R", "--no-folding", "deep")
	if !strings.Contains(out, "name too long") || len(out) > 1000 {
		t.Errorf("said %d bytes: %.300s", len(out), out)
	}
	if text, err := os.Readlink(f.root + "/usr/d"); text != "stow/deep/d" {
		t.Errorf("something was begun: %q, %v", text, err)
	}
	f.run(0, "-D", "deep")
	f.run(2, "--no-folding", "flat", "deep")
	if _, err := os.Lstat(f.root + "/usr/flat"); err == nil {
		t.Error("something was begun")
	}
	f.run(0, "--no-folding", "mid")
	f.run(0, "-R", "--no-folding", "mid")
	f.run(0, "-D", "--no-folding", "mid")
}

// TestManyEntries measures the memory for many entries in one directory.
func TestManyEntries(t *testing.T) {
	n := 50_000
	if os.Getenv("CONVERGE_TEST_MILLION") != "" {
		n = 1_000_000
	}
	f := newFarm(t, "d usr/stow/p/share\nf usr/share/own x")
	for i := range n {
		if err := os.WriteFile(fmt.Sprintf("%s/usr/stow/p/share/file-%07d", f.root, i), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, words := range [][]string{{"p"}, {"-R", "p"}, {"-D", "p"}} {
		f.run(0, words...)
		// This test program takes some 40 MiB by itself, and twice that with its race detector.
		if per := (f.rss - 96<<20) / int64(n); per > 2048 {
			t.Errorf("%q: %d MiB for %d entries, %d bytes each", words, f.rss>>20, n, per)
		}
		t.Logf("%q: %d MiB for %d entries", words, f.rss>>20, n)
	}
	if list, err := os.ReadDir(f.root + "/usr/share"); len(list) != 1 {
		t.Errorf("%d are left, %v", len(list), err)
	}
}

// TestLinkLoops: circular links end with an error.
func TestLinkLoops(t *testing.T) {
	f := newFarm(t, `
f usr/stow/p/bin/p p
l usr/stow/p/loop loop
l usr/stow/p/up ..
l usr/stow/p/bin/round ../bin
l usr/share share
l usr/a b
l usr/b a
l usr/lib ../usr/lib
f usr/stow/q/lib/q q
f usr/stow/r/bin/r r
`)
	before := f.tree()
	f.run(0, "p")
	f.run(0, "r")
	f.run(0, "-R", "p", "r")
	out := f.run(1, "q")
	if !strings.Contains(out, "existing target is not owned by stow: lib") {
		t.Error(out)
	}
	f.run(0, "--prune")
	f.run(0, "-D", "p", "r")
	after := f.tree()
	delete(after, "bin") // made to hold both, and left, as in GNU Stow
	if diff := stowtest.Differences(after, before); len(diff) > 0 {
		t.Error(diff)
	}
}

// TestFileSystems: the target is a separate file system, and contains another.
func TestFileSystems(t *testing.T) {
	f := newFarm(t, "d usr/stow")
	f.mounted("usr", "size=1m")
	f.mounted("usr/lib", "size=1m")
	f.mounted("usr/stow", "size=1m")
	stowtest.Build(t, f.root, packages+images+own) // a mount point cannot become a link
	for _, words := range [][]string{
		{"p"},
		{"q"},
		{"-R", "p", "q"},
		{"-R", "--no-folding", "p"},
		{"-D", "q"},
		{"-R", "p"},
		{"-D", "foo-1", "-S", "foo-2"},
		{"-D", "p", "foo-2"},
		{"foo/1.0"},
		{"foo/2.0", "bar/1"},
		{"--no-folding", "foo/1.0"},
		{"-D", "foo", "bar"},
	} {
		f.run(0, words...)
	}
	for path, what := range f.tree() {
		if !strings.HasPrefix(path, "stow") && !strings.HasPrefix(what, "d") && !strings.HasSuffix(path, "/own") {
			t.Errorf("%s: %s is left", path, what)
		}
	}
}

// TestReadOnly: an unwritable store works for GNU Stow's packages and views; an unwritable target is reported as such,
// and no package is partly stowed.
func TestReadOnly(t *testing.T) {
	f := newFarm(t, "d usr/stow\nd view")
	at := f.mounted("usr/stow", "size=1m")
	stowtest.Build(t, f.root, packages+images)
	remount(t, at, unix.MS_RDONLY, "")
	f.run(0, "p")
	f.run(0, "-D", "p")
	f.run(0, "-t", f.root+"/view", "foo/1.0")
	f.run(0, "-t", f.root+"/view", "foo/2.0")
	f.run(0, "-t", f.root+"/view", "-D", "foo")
	before := f.tree()
	if out := f.run(2, "foo/1.0"); !strings.Contains(out, f.root+"/usr/stow/foo") {
		t.Error(out)
	}
	f.same(before, "home of a store that is read-only")

	g := newFarm(t, packages+images+"d target")
	at = g.mounted("target", "size=1m")
	g.run(0, "-t", at, "foo-1")
	remount(t, at, unix.MS_RDONLY, "")
	before = stowtest.Tree(t, at)
	for _, words := range [][]string{{"p"}, {"-D", "foo-1"}, {"-D", "foo-1", "-S", "foo-2"}, {"bar/1"}} {
		if out := g.run(2, append([]string{"-t", at}, words...)...); !strings.Contains(out, at) || !strings.Contains(out, "read-only") {
			t.Errorf("%q: %s", words, out)
		}
		if diff := stowtest.Differences(stowtest.Tree(t, at), before); len(diff) > 0 {
			t.Errorf("%q: %v", words, diff)
		}
	}
	g.run(0, "-t", at, "-R", "foo-1") // nothing to do
}

// TestFull: on a full file system existing entries stay; with more space the same command completes.
func TestFull(t *testing.T) {
	f := newFarm(t, packages+images+"d target")
	at := f.mounted("target", "nr_inodes=8")
	for i := range 40 {
		stowtest.Build(t, f.root, fmt.Sprintf("f usr/stow/many/share/f%02d x\nf usr/stow/foo/2.0/share/g%02d x", i, i))
	}
	target := []string{"-t", at}
	f.run(0, append(target, "foo/1.0")...)
	seen := stowtest.Seen(t, at)
	for _, words := range [][]string{{"--no-folding", "many"}, {"--no-folding", "foo/2.0"}} {
		out := f.run(2, append(target, words...)...)
		if !strings.Contains(out, at) || !strings.Contains(out, "no space left") {
			t.Errorf("%q: %s", words, out)
		}
		now := stowtest.Seen(t, at)
		for path := range seen {
			if _, ok := now[path]; !ok && !strings.HasSuffix(path, "/old") {
				t.Errorf("%q: %s is lost", words, path)
			}
		}
	}
	remount(t, at, 0, "nr_inodes=1000")
	f.run(0, append(target, "--no-folding", "many")...)
	f.run(0, append(target, "--no-folding", "foo/2.0")...)
	for i := range 40 {
		for _, name := range []string{"f", "g"} {
			if _, err := os.Stat(fmt.Sprintf("%s/share/%s%02d", at, name, i)); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := os.Lstat(at + "/.:stow2"); err == nil {
		t.Error("something is left staged")
	}
}

// TestNobody: a user without any privilege, in a tree of that user's and in another.
func TestNobody(t *testing.T) {
	const nobody = 65534
	if os.Getuid() != 0 {
		testhost.Cannot(t, "needs to be root, to be somebody else")
	}
	f := newFarm(t, packages+images)
	others := f.tree()
	f.user = nobody
	self, err := os.Executable()
	if err == nil {
		err = exec.Command("cp", self, f.root+"/stow2").Run()
	}
	if err == nil {
		err = os.Chmod(f.root, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out := f.run(2, "p"); !strings.Contains(out, "permission denied") || !strings.Contains(out, f.root+"/usr") {
		t.Error(out)
	}
	f.run(2, "foo/1.0")
	f.same(others, "a tree of others")
	err = filepath.WalkDir(f.root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{
		{"p"},
		{"q"},
		{"-R", "p", "q"},
		{"-D", "q"},
		{"-R", "--no-folding", "p"},
		{"-D", "p"},
		{"foo/1.0", "bar/1"},
		{"foo/2.0"},
		{"-D", "foo"},
		{"--force", "-D", "bar"},
	} {
		f.run(0, words...)
	}
}

// meddler is a context that acts at one of the points where it is checked.
type meddler struct {
	context.Context
	after int
	do    func()
}

func (m *meddler) Err() error {
	if m.after--; m.after == 0 {
		m.do()
	}
	return m.Context.Err()
}

// TestMeddlers: between the plan and each step of its execution, another process puts a different entry in a place. The
// command may succeed or fail; the entry stays, nothing is written outside of the target, nothing stays staged, and
// repeating the command always ends the same way.
func TestMeddlers(t *testing.T) {
	for _, c := range []struct{ name, before, cmd, take, put string }{
		{"a link outside for a directory", "f usr/lib/own x", "p", "usr/lib", "l usr/lib ../outside"},
		{"a link outside for one to be unfolded", "$ p", "q", "usr/lib", "l usr/lib ../outside"},
		{"a directory for a link", "$ p", "q", "usr/lib", "f usr/lib/mine mine"},
		{"a file for a link", "$ foo-1", "-D foo-1 -S foo-2", "usr/lib", "f usr/lib mine"},
		{"a file in what folds", "$ p q", "-D q", "", "f usr/lib/mine mine"},
		{"a link outside for what folds", "$ p q", "-D q", "usr/lib", "l usr/lib ../outside"},
		{"a directory in a link's place", "", "p", "", "f usr/lib/mine mine"},
		{"a link outside in a link's place", "", "p", "", "l usr/lib ../outside"},
		{"a version's link", "$ foo/1.0", "foo/2.0", "usr/lib", "l usr/lib ../outside"},
		{"a version's directory", "f usr/lib/own x\n$ foo/1.0", "foo/2.0", "usr/lib", "l usr/lib ../outside"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := killed{before: c.before, cmd: c.cmd}
			for after := 1; ; after++ {
				root := scratch(t)
				k.build(t, root)
				stowtest.Build(t, root, "f outside/keep keep")
				m := &meddler{Context: t.Context(), after: after, do: func() {
					if c.take != "" {
						if err := os.RemoveAll(filepath.Join(root, c.take)); err != nil {
							t.Error(err)
						}
					}
					if _, err := os.Lstat(filepath.Join(root, strings.Fields(c.put)[1])); err != nil {
						if _, err := os.Stat(filepath.Join(root, "usr/lib")); err != nil || !strings.HasPrefix(c.put, "f usr/lib/") || !linked(root) {
							stowtest.Build(t, root, c.put)
						}
					}
				}}
				out := mainIn(m, root, k)
				if m.after > 0 {
					return // the command had ended by then
				}
				tree := stowtest.Tree(t, root)
				if tree["outside/keep"] != `-rw-r--r-- "keep"` || len(under(tree, "outside/")) != 1 {
					t.Errorf("meddled %d: outside is %v\n%s", after, under(tree, "outside/"), out)
				}
				if _, ok := tree["usr/.:stow2"]; ok {
					t.Errorf("meddled %d: something is left staged\n%s", after, out)
				}
				if strings.HasPrefix(c.put, "f ") && !linked(root) {
					if got := tree[strings.Fields(c.put)[1]]; got != `-rw-r--r-- "mine"` {
						t.Errorf("meddled %d: what was put there is %q\n%s", after, got, out)
					}
				}
			}
		})
	}
}

// linked reports whether usr/lib is a link: entries put into it are elsewhere.
func linked(root string) bool {
	info, err := os.Lstat(root + "/usr/lib")
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func under(tree map[string]string, dir string) (paths []string) {
	for path := range tree {
		if strings.HasPrefix(path, dir) {
			paths = append(paths, path)
		}
	}
	return paths
}

// mainIn runs the command in this process.
func mainIn(ctx context.Context, root string, k killed) string {
	out, err := runHere(ctx, root, k.argv(k.cmd)(root))
	return fmt.Sprintf("%v\n%s", err, out)
}
