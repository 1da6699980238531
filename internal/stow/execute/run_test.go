package execute_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/stowtest"
)

// parseOps parses lines "LINK PATH TEXT", "UNLINK PATH TEXT", "MKDIR PATH", "RMDIR PATH" and "MV PATH TO".
func parseOps(t testing.TB, lines string) (ops []farm.Op) {
	t.Helper()
	kinds := map[string]farm.OpKind{"LINK": farm.Link, "UNLINK": farm.Unlink, "MKDIR": farm.Mkdir, "RMDIR": farm.Rmdir, "MV": farm.Move}
	for line := range strings.Lines(lines) {
		w := append(strings.Fields(line), "", "")
		if w[0] == "" {
			continue
		}
		if kinds[w[0]] == 0 {
			t.Fatal("no such operation: " + line)
		}
		ops = append(ops, farm.Op{Kind: kinds[w[0]], Path: w[1], Text: w[2]})
	}
	return ops
}

func openTarget(t testing.TB, path string) *fsys.Dir {
	t.Helper()
	d, err := fsys.OpenDirAt(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// meddler is a context that acts when it is asked whether it has ended.
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

// TestMeddling: an entry that differs from the plan stops a run, whether it differs before the run checks it or changes
// between the check and the operation; the entry stays unchanged, and so does everything outside of the target.
func TestMeddling(t *testing.T) {
	for _, c := range []struct {
		name, before, ops string
		meddle            string // lines: "rm PATH", or as of stowtest.Build
		want              string // a part of the error
		left              string // "PATH: WHAT" that must be so afterwards
	}{
		{"a file where a link is to be", "d t/d", "LINK d/x ../s/x", "f t/d/x mine", "it is a file", `t/d/x: -rw-r--r-- "mine"`},
		{"another link", "d t/d", "LINK d/x ../s/x", "l t/d/x mine", "it is a link that reads \"mine\"", "t/d/x: link mine"},
		{"a link for a directory on the way", "d t/d", "LINK d/x ../s/x", "rm t/d\nl t/d ../outside", "a link in its place", "t/d: link ../outside"},
		{"a link for a directory that is to be", "d t", "MKDIR d\nLINK d/x ../s/x", "l t/d ../outside", "it is a link", "t/d: link ../outside"},
		{"a directory that is gone", "d t/d", "LINK d/x ../s/x", "rm t/d", "it is gone", ""},
		{"a link that is no longer the one", "l t/x old", "UNLINK x old\nLINK x new", "rm t/x\nl t/x mine", "reads \"mine\"", "t/x: link mine"},
		{"a file for a link", "l t/x old", "UNLINK x old\nLINK x new", "rm t/x\nf t/x mine", "it is a file", `t/x: -rw-r--r-- "mine"`},
		{"removal of what became a file", "l t/x old", "UNLINK x old", "rm t/x\nf t/x mine", "it is a file", `t/x: -rw-r--r-- "mine"`},
		{"unfolding of what became a directory", "l t/d old", "UNLINK d old\nMKDIR d\nLINK d/x new", "rm t/d\nf t/d/mine mine", "it is a directory", `t/d/mine: -rw-r--r-- "mine"`},
		{"folding over a new file", "l t/d/x old", "UNLINK d/x old\nRMDIR d\nLINK d new", "f t/d/mine mine", `it holds "mine"`, `t/d/mine: -rw-r--r-- "mine"`},
		{"folding over a new link", "l t/d/e/x old", "UNLINK d/e/x old\nRMDIR d/e\nRMDIR d\nLINK d new", "l t/d/e/mine mine", `it holds "mine"`, "t/d/e/mine: link mine"},
		{"folding over a link that changed", "l t/d/x old", "UNLINK d/x old\nRMDIR d\nLINK d new", "rm t/d/x\nl t/d/x mine", `it holds "x"`, "t/d/x: link mine"},
		{"folding of what became a link", "l t/d/x old", "UNLINK d/x old\nRMDIR d\nLINK d new", "rm t/d\nl t/d ../outside", "in its place", "t/d: link ../outside"},
		{"removal of a directory that is not empty", "l t/d/x old", "UNLINK d/x old\nRMDIR d", "f t/d/mine mine", `it holds "mine"`, `t/d/mine: -rw-r--r-- "mine"`},
		{"adopting what became a directory", "f t/x mine\nf s/x theirs", "MV x ../s/x\nLINK x ../s/x", "rm t/x\nf t/x/in mine", "it is a directory", `t/x/in: -rw-r--r-- "mine"`},
		{"a backup of that name", "f t/x mine\nf s/x theirs", "MV x x.orig\nLINK x ../s/x", "f t/x.orig precious", "it is a file", `t/x.orig: -rw-r--r-- "precious"`},
		{"putting back over a link that changed", "l t/x old\nf t/x.orig mine", "UNLINK x old\nMV x.orig x", "rm t/x\nl t/x mine", "reads \"mine\"", "t/x: link mine"},
	} {
		for after := range 5 {
			t.Run(c.name, func(t *testing.T) {
				root := t.TempDir()
				stowtest.Build(t, root, "d outside\nd s\n"+c.before)
				meddle := func() {
					for line := range strings.Lines(c.meddle) {
						if path, ok := strings.CutPrefix(strings.TrimSpace(line), "rm "); ok {
							os.RemoveAll(filepath.Join(root, path))
							continue
						}
						if _, err := os.Lstat(filepath.Join(root, strings.Fields(line)[1])); err != nil {
							stowtest.Build(t, root, line)
						}
					}
				}
				m := &meddler{t.Context(), after, meddle}
				if after == 0 {
					meddle()
				}
				before := stowtest.Tree(t, root)
				err := execute.Run(m, openTarget(t, root+"/t"), parseOps(t, c.ops), execute.Options{})
				if m.after > 0 {
					return // the run had ended before that
				}
				tree := stowtest.Tree(t, root)
				if _, there := tree["t/"+execute.Staging]; there {
					t.Error("something is left staged")
				}
				if entries, _ := os.ReadDir(root + "/outside"); len(entries) > 0 {
					t.Errorf("outside of the target: %v", entries)
				}
				if err == nil {
					return // it was done by then, or in a moved directory
				}
				if !errors.Is(err, execute.ErrChanged) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("meddled %d: %v, want %q", after, err, c.want)
				}
				if path, what, ok := strings.Cut(c.left, ": "); ok && tree[path] != what {
					t.Errorf("meddled %d: %s is %q, want %q", after, path, tree[path], what)
				}
				if diff := stowtest.Differences(tree, before); after == 0 && len(diff) > 0 && strings.Contains(c.name, "fold") {
					t.Errorf("something was changed before: %v", diff)
				}
			})
		}
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	long := strings.Repeat("n", 256)
	for _, c := range []struct {
		name, ops string
		want      error
	}{
		{"link twice", "LINK x a\nLINK x b", execute.ErrPlan},
		{"unlink of another text", "LINK x a\nUNLINK x b", execute.ErrPlan},
		{"link over a directory", "MKDIR x\nLINK x a", execute.ErrPlan},
		{"something comes into a directory that folds", "LINK d/x a\nRMDIR d\nLINK d z", execute.ErrPlan},
		{"a directory twice", "MKDIR x\nMKDIR x", execute.ErrPlan},
		{"something goes from a directory that unfolds", "UNLINK d a\nMKDIR d\nUNLINK d/x b", execute.ErrPlan},
		{"a link where a file comes", "MV x y\nLINK y a", execute.ErrPlan},
		{"a file that climbs", "MV x ../y", unix.EINVAL},
		{"a name with a zero byte", "LINK x\x00y a", unix.EINVAL},
		{"a path that climbs", "LINK ../x a", unix.EINVAL},
		{"an absolute path", "LINK /x a", unix.EINVAL},
		{"an empty name after a good one", "LINK d/x a\nLINK d//y a", unix.EINVAL},
		{"a name that climbs after a good one", "LINK d/x a\nLINK d/../y a", unix.EINVAL},
		{"a slash at the end", "LINK d/x a\nMKDIR d/", unix.EINVAL},
		{"no path", "LINK ", unix.EINVAL},
		{"no text", "LINK x", unix.EINVAL},
		{"a long name", "LINK d/" + long + " a", unix.ENAMETOOLONG},
		{"a long text", "LINK x " + strings.Repeat("y", 4096), unix.ENAMETOOLONG},
	} {
		root := t.TempDir()
		ops := parseOps(t, "LINK first a\n"+c.ops)
		if c.name == "no path" {
			ops[1].Path = ""
			ops[1].Text = "x"
		}
		err := execute.Run(t.Context(), openTarget(t, root), ops, execute.Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if tree := stowtest.Tree(t, root); len(tree) != 1 {
			t.Errorf("%s: something was made: %v", c.name, tree)
		}
	}
	err := execute.Run(t.Context(), openTarget(t, t.TempDir()), []farm.Op{{Kind: farm.Link, Path: execute.Staging + "/x", Text: "y"}}, execute.Options{})
	if err == nil || !strings.Contains(err.Error(), "name of stow2's own") {
		t.Error(err)
	}
}

// TestNothingToDo: operations without a net effect write nothing.
func TestNothingToDo(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l d/x a\nf f mine")
	d := openTarget(t, root)
	if err := os.Chmod(root, 0o555); err != nil {
		t.Fatal(err)
	}
	was, _ := d.Self()
	sub := openTarget(t, root+"/d")
	subWas, _ := sub.Self()
	for _, ops := range []string{"", "UNLINK d/x a\nLINK d/x a", "UNLINK d/x a\nRMDIR d\nMKDIR d\nLINK d/x a", "LINK y z\nUNLINK y z", "MV f g\nMV g f"} {
		if err := execute.Run(t.Context(), d, parseOps(t, ops), execute.Options{Sync: true}); err != nil {
			t.Errorf("%v: %v", ops, err)
		}
	}
	if now, _ := d.Self(); !now.Same(was) {
		t.Error("the target was changed")
	}
	if now, _ := sub.Self(); !now.Same(subWas) {
		t.Error("the directory in it was changed")
	}
}

func TestRequireAtomic(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l t/d old\nd t/e")
	ops := parseOps(t, "LINK e/x y\nUNLINK d old\nMKDIR d\nLINK d/x new")
	before := stowtest.Tree(t, root)
	err := execute.Run(t.Context(), openTarget(t, root+"/t"), ops, execute.WithoutExchange(execute.Options{RequireAtomic: true}))
	if !errors.Is(err, execute.ErrNotAtomic) {
		t.Error(err)
	}
	if diff := stowtest.Differences(stowtest.Tree(t, root), before); len(diff) > 0 {
		t.Error(diff)
	}
	var said []string
	o := execute.WithoutExchange(execute.Options{Log: func(level int, text string) {
		if level == 2 {
			said = append(said, text)
		}
	}})
	if err := execute.Run(t.Context(), openTarget(t, root+"/t"), ops, o); err != nil || len(said) != 1 {
		t.Errorf("%q, %v", said, err)
	}
	if err := execute.Run(t.Context(), openTarget(t, root+"/t"), parseOps(t, "UNLINK d/x new\nRMDIR d\nLINK d old"), execute.Options{RequireAtomic: true}); err != nil {
		t.Error(err)
	}
}

func TestRecover(t *testing.T) {
	for _, c := range []struct {
		name, before string
		want         error
		after        string // the expected tree below t
	}{
		{"nothing", "d t", nil, ""},
		{"links and directories", "l t/.:stow2/new/a/b x\nl t/.:stow2/old y", nil, ""},
		{"a file", "f t/.:stow2/new/a/mine mine", execute.ErrForeign, "t/.:stow2/new/a/mine"},
		{"another name", "d t/.:stow2/mine", execute.ErrForeign, "t/.:stow2/mine"},
		{"a link in its place", "l t/.:stow2 ../outside", execute.ErrForeign, "t/.:stow2"},
		{"a file in its place", "f t/.:stow2 mine", execute.ErrForeign, "t/.:stow2"},
		{"a record that climbs", "l t/.:stow2/at.0 ../outside\nl outside/.:stow2.x y", unix.EINVAL, "outside/.:stow2.x"},
		{"a record through a link", "l t/.:stow2/at.0 way\nl t/way ../outside\nl outside/.:stow2.x y", unix.ELOOP, "outside/.:stow2.x"},
		{"a record of a file that has no other name", "l t/.:stow2/adopt ../outside/.:stow2.x\nf outside/.:stow2.x y", execute.ErrForeign, "outside/.:stow2.x"},
		{"a record of another file", "l t/.:stow2/copy ../outside/x\nf outside/x y", execute.ErrForeign, "outside/x"},
		{"a part of a copy", "l t/.:stow2/copy ../outside/.:stow2.x\nf outside/.:stow2.x y", nil, "outside"},
		{"unfolded, and not yet checked", "l t/.:stow2/unfold d\nl t/.:stow2/new old\nl t/d/x new", nil, "t/d"},
		{"folded, and not yet checked", "l t/.:stow2/refold d\nf t/.:stow2/new/mine mine\nl t/d new", nil, "t/d/mine"},
		{"taken out and not put in", "l t/.:stow2/refold d\nf t/.:stow2/old/mine mine\nl t/.:stow2/new new", nil, "t/d/mine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			stowtest.Build(t, root, "d outside\n"+c.before)
			d := openTarget(t, root+"/t")
			interrupted, _ := execute.Interrupted(d)
			found, err := execute.Recover(t.Context(), d)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if found != (c.name != "nothing") || found != interrupted {
				t.Errorf("found %v, interrupted %v", found, interrupted)
			}
			tree := stowtest.Tree(t, root)
			if _, there := tree[c.after]; !there {
				t.Errorf("%s is gone", c.after)
			}
			if _, there := tree["t/.:stow2"]; there != (c.want != nil) {
				t.Errorf("staging is there: %v", there)
			}
		})
	}
}

func TestRecoverLeavesWorkAlone(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l .:stow2/new x")
	other := openTarget(t, root+"/.:stow2")
	if err := other.TryLock(true); err != nil {
		t.Fatal(err)
	}
	if _, err := execute.Recover(t.Context(), openTarget(t, root)); !errors.Is(err, fsys.ErrLocked) {
		t.Error(err)
	}
	err := execute.Run(t.Context(), openTarget(t, root), parseOps(t, "UNLINK x a\nLINK x b"), execute.Options{})
	if !errors.Is(err, execute.ErrChanged) {
		t.Error(err)
	}
	stowtest.Build(t, root, "l x a")
	if err := execute.Run(t.Context(), openTarget(t, root), parseOps(t, "UNLINK x a\nLINK x b"), execute.Options{}); !errors.Is(err, execute.ErrInterrupted) {
		t.Error(err)
	}
}

// TestCancelled: a cancelled run stops between two paths, with nothing staged.
func TestCancelled(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l a old\nl b old\nl c old")
	ctx, cancel := context.WithCancel(t.Context())
	m := &meddler{ctx, 3, cancel}
	err := execute.Run(m, openTarget(t, root), parseOps(t, "UNLINK a old\nLINK a new\nUNLINK b old\nLINK b new\nUNLINK c old\nLINK c new"), execute.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if tree := stowtest.Tree(t, root); len(tree) != 4 || tree["a"] != "link new" || tree["b"] != "link old" || tree["c"] != "link old" {
		t.Errorf("%v", tree)
	}
}
