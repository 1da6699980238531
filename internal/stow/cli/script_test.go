package cli_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"converge/internal/stow/cli"
	"converge/internal/testhost"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"stow2": program, "stow": program, "chkstow": program})
}

// tests removes the shared files after the tests.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer breakable.remove()
	return t.M.Run()
}

// program is cmd/stow2 without its optimizations.
func program() {
	dir, err := unix.Getwd()
	if err != nil {
		panic(err)
	}
	os.Exit(cli.Main(context.Background(), cli.Env{
		Name: os.Args[0], Manager: "stow2", Args: os.Args[1:], Version: "under-test", Dir: dir, Lookup: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

// TestGNU runs scripts that are also valid for GNU Stow.
func TestGNU(t *testing.T) { run(t, "testdata/gnu", nil) }

// TestGNUItself runs them with GNU Stow, to show that they describe it correctly.
func TestGNUItself(t *testing.T) {
	for _, name := range []string{"/usr/bin/stow", "/usr/bin/chkstow"} {
		if _, err := exec.LookPath(name); err != nil {
			testhost.Cannot(t, "there is no GNU Stow on this machine to compare with")
		}
	}
	run(t, "testdata/gnu", func(env *testscript.Env) { env.Setenv("PATH", "/usr/bin:/bin") })
}

// TestSince24 runs scripts about the differences between GNU Stow 2.4 and 2.3, which Debian 12 has: one for each
// difference. Two of them are in TestScript: quotes in resource files, and words after a double dash.
func TestSince24(t *testing.T) { run(t, "testdata/since24", nil) }

// TestScript runs scripts about stow2 only.
func TestScript(t *testing.T) { run(t, "testdata/script", nil) }

// run runs scripts. Beyond testscript's own commands they have
//
//	status N COMMAND...   run COMMAND and want exit status N
//	bound N COMMAND...    the same, without root's power over permissions
//	tree FILE DIR         want DIR, but for the directory stow in it, to look as FILE says
//	readlink PATH TEXT    want the text of a link
//	snapshot NAME DIR     keep what DIR and all below it look like
//	unchanged NAME DIR    want it to be the same, down to inodes and times
func run(t *testing.T, dir string, setup func(*testscript.Env)) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update && setup == nil,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("LC_ALL", "C")
			env.Setenv("STOW_DIR", "")
			env.Values["snapshots"] = map[string]string{}
			if setup != nil {
				setup(env)
			}
			return os.MkdirAll(home, 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "bound": bound, "tree": tree, "readlink": readlink, "snapshot": snapshot, "unchanged": unchanged,
		},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ok bool
		if got, ok = strings.CutPrefix(err.Error(), "exit status "); !ok {
			ts.Fatalf("%v", err)
		}
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

func bound(ts *testscript.TestScript, neg bool, args []string) {
	if os.Geteuid() == 0 && len(args) > 1 {
		args = append([]string{args[0], "setpriv", "--bounding-set=-dac_override"}, args[1:]...)
	}
	status(ts, neg, args)
}

func tree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tree FILE DIR")
	}
	want := ts.ReadFile(args[0])
	got := look(ts, ts.MkAbs(args[1]), func(path string, d fs.DirEntry) (string, error) {
		switch {
		case path == "stow" && d.IsDir():
			return "", fs.SkipDir
		case d.IsDir():
			return path + "/", nil
		case d.Type() != fs.ModeSymlink:
			return path, nil
		}
		text, err := os.Readlink(filepath.Join(ts.MkAbs(args[1]), path))
		return path + " -> " + text, err
	})
	if got != want {
		ts.Fatalf("%s is\n%swant\n%s", args[1], got, want)
	}
}

func readlink(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] readlink PATH TEXT")
	}
	if text, err := os.Readlink(ts.MkAbs(args[0])); (text == args[1]) == neg {
		ts.Fatalf("%s reads %q, %v", args[0], text, err)
	}
}

func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: snapshot NAME DIR")
	}
	ts.Value("snapshots").(map[string]string)[args[0]] = inodes(ts, ts.MkAbs(args[1]))
}

func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unchanged NAME DIR")
	}
	before := ts.Value("snapshots").(map[string]string)[args[0]]
	if after := inodes(ts, ts.MkAbs(args[1])); after != before {
		ts.Fatalf("%s is\n%sand was\n%s", args[1], after, before)
	}
}

// inodes describes everything that a write would change.
func inodes(ts *testscript.TestScript, dir string) string {
	return look(ts, dir, func(path string, d fs.DirEntry) (string, error) {
		info, err := d.Info()
		if err != nil {
			return "", err
		}
		st := info.Sys().(*syscall.Stat_t)
		return fmt.Sprintf("%s %s inode %d size %d changed %d", path, info.Mode(), st.Ino, st.Size, st.Ctim.Nano()), nil
	})
}

// look returns one line for each entry below a directory.
func look(ts *testscript.TestScript, dir string, line func(path string, d fs.DirEntry) (string, error)) string {
	var b strings.Builder
	ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		text, err := line(rel, d)
		if err == nil {
			fmt.Fprintln(&b, text)
		}
		return err
	}))
	return b.String()
}
