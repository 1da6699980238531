package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/verify"
)

func TestMain(m *testing.M) {
	process.RunHelper()
	if os.Args[0] == "/bin/check" {
		os.Exit(playCheck())
	}
	os.Exit(m.Run())
}

// world is a folder with a few files.
type world struct {
	dir string
	fs  *fsys.FS
	k   *verify.Checker
}

func newWorld(t *testing.T) *world {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{dir: dir + "/etc"}
	for name, text := range map[string]string{"a": "old a", "b": "old b", "conf.d/c": "old c"} {
		name = filepath.Join(w.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	if w.fs, err = fsys.Open("/"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.fs.Close() })
	w.k = verify.New(w.fs, false)
	return w
}

// member is a file with a new content and its checks; "" removes it.
type member struct {
	name, text string
	checks     []string // shell scripts; they run in the folder
	strict     bool
}

// commit changes files, and returns the error of each, and the content of the folder.
func (w *world) commit(t *testing.T, members []member, later ...resource.Change) (errs []string, tree string) {
	t.Helper()
	txn := w.fs.Begin("test")
	defer txn.Abort()
	var ms []verify.Member
	for _, m := range members {
		path := filepath.Join(w.dir, m.name)
		live, err := txn.Look(path)
		if err != nil {
			live = fsys.Info{}
		}
		var step *fsys.Step
		if m.text == "" {
			step = txn.Remove(path, live)
		} else {
			step = txn.File(path, live, fsys.File{Perm: fsys.Perm{Mode: 0o640}, Bytes: []byte(m.text)})
		}
		one := verify.Member{Steps: []*fsys.Step{step}}
		for _, c := range m.checks {
			one.Checks = append(one.Checks, verify.Check{Argv: []string{"sh", "-c", "cd " + w.dir + " && " + c}, Path: "/" + m.name, Verb: "replace", Strict: m.strict})
		}
		ms = append(ms, one)
	}
	if err := w.k.Commit(t.Context(), txn, ms, func() []resource.Change { return later }); err != nil {
		t.Error(err)
	}
	for _, m := range ms {
		text := ""
		if err := m.Steps[0].Err(); err != nil {
			text = err.Error()
		}
		errs = append(errs, text)
	}
	return errs, w.tree(t)
}

// plan is a plan with one change.
func (w *world) plan() resource.Outlook {
	w.k.Declare(w, []resource.Change{{}}, func(context.Context, []resource.Change) ([]process.Overlaid, bool) {
		return []process.Overlaid{{Path: w.dir + "/x", Content: []byte("x")}}, true
	})
	return resource.Outlook{Ask: resource.AskForecast}
}

// playCheck is a program inside a root: it accepts if /etc/a contains "good".
func playCheck() int {
	text, err := os.ReadFile("/etc/a")
	if err != nil || string(text) != "good" {
		return 1
	}
	return 0
}

// With a root, a check runs inside, by the programs of that tree.
func TestInside(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"good": "", "bad": "/bin/check does not accept the new content: exit status 1"} {
		w := newWorld(t)
		root := filepath.Dir(w.dir)
		resourcetest.WriteProgram(t, root+"/bin/check", string(self))
		in, err := fsys.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		txn := in.Begin("test")
		live, err := txn.Look("/etc/a")
		if err != nil {
			t.Fatal(err)
		}
		step := txn.File("/etc/a", live, fsys.File{Perm: fsys.Perm{Mode: 0o640}, Bytes: []byte(text)})
		k := verify.New(in, true)
		c := verify.Check{Argv: []string{"/bin/check"}, Path: "/etc/a", Verb: "replace"}
		if err := k.Commit(t.Context(), txn, []verify.Member{{Steps: []*fsys.Step{step}, Checks: []verify.Check{c}}}, nil); err != nil {
			t.Error(err)
		}
		if got := step.Err(); (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// tree returns the content of the folder.
func (w *world) tree(t *testing.T) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, strings.TrimPrefix(path, w.dir+"/")+"="+string(text))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return strings.Join(all, " ")
}

const before = "a=old a b=old b conf.d/c=old c"

// A command without {path} judges the future state, once for all members that name it, and refuses exactly the changes
// of which it is a check.
func TestCommit(t *testing.T) { testCommit(t, false) }

// noNamespace is set in a process that cannot make a mount namespace.
const noNamespace = "CONVERGE_TEST_NO_NAMESPACE"

// Without a namespace, as in a container, the results are the same, except for what is visible while the check runs:
// members without a check are not undone.
func TestCommitWithoutNamespace(t *testing.T) {
	if os.Getenv(noNamespace) != "" {
		testCommit(t, true)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := process.Run(t.Context(), process.Command{
		Argv: []string{"setpriv", "--bounding-set", "-sys_admin", self, "-test.run", "^" + t.Name() + "$", "-test.v"},
		Env:  process.With(process.Environment(), noNamespace+"=1"), Dir: t.TempDir(),
	})
	if err != nil || !r.OK() || !strings.Contains(r.Stdout, "--- PASS: "+t.Name()+"/accepted") {
		t.Errorf("%v\n%s", err, r.Stdout)
	}
}

func testCommit(t *testing.T, placed bool) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	count := filepath.Join(t.TempDir(), "count")
	counted := "echo x >>" + count + "; "
	const whole = `test "$(cat a b conf.d/*)" = "new anew bold cnew d"`
	for _, tt := range []struct {
		name    string
		members []member
		want    string
		errs    []string // parts of them
		runs    int
	}{
		{"all are seen by both", []member{{"a", "new a", []string{counted + whole}, false}, {"b", "new b", []string{counted + whole}, false}, {"conf.d/d", "new d", nil, false}}, "a=new a b=new b conf.d/c=old c conf.d/d=new d", []string{"", "", ""}, 1},
		{"refused with all that name it", []member{{"a", "new a", []string{counted + "echo line 1; exit 3"}, false}, {"b", "new b", []string{counted + "echo line 1; exit 3"}, false}}, before, []string{"cannot replace \"/a\": sh does not accept the new content: exit status 3\nline 1", "cannot replace \"/b\""}, 1},
		{"the others stay", []member{{"a", "bad", []string{"! grep -q bad a"}, false}, {"b", "new b", nil, false}, {"conf.d/d", "new d", []string{counted + "test -e conf.d/d"}, false}}, "a=old a b=new b conf.d/c=old c conf.d/d=new d", []string{"does not accept", "", ""}, 1},
		{"checked again without what was refused", []member{{"a", "new", []string{"grep -q new b"}, false}, {"b", "new", []string{"grep -q bad b"}, false}}, before, []string{"does not accept", "does not accept"}, 0},
		{"removals are seen", []member{{"a", "", []string{"! test -e a && ls . | grep -v conf.d | tr -d '\\n' | grep -qx b"}, false}, {"b", "new b", nil, false}}, "b=new b conf.d/c=old c", []string{"", ""}, 0},
		{"a removal that is refused", []member{{"conf.d/c", "", []string{"ls conf.d/c"}, false}}, before, []string{"No such file"}, 0},
		{"accepted", []member{{"a", "new a", []string{"true"}, false}}, "a=new a b=old b conf.d/c=old c", []string{""}, 0},
		{"strict, and accepted or not at all", []member{{"a", "new a", []string{"true"}, true}, {"b", "new b", []string{"true # not strict"}, false}}, map[bool]string{false: "a=new a b=new b conf.d/c=old c", true: "a=old a b=new b conf.d/c=old c"}[placed], map[bool][]string{false: {"", ""}, true: {"it must be checked before it is in place", ""}}[placed], 0},
		{"mode and owner as they will be", []member{{"conf.d/d", "new d", []string{`test "$(stat -c '%a %u' conf.d/d)" = "640 0"`}, false}}, before + " conf.d/d=new d", []string{""}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			os.Remove(count)
			w := newWorld(t)
			if v := w.k.Forecast(t.Context(), verify.Check{Argv: []string{"true"}, Path: "/x"}, w, w.plan()); placed != (len(v.Notes) == 1 && strings.Contains(v.Notes[0], "runs when it is in place")) {
				t.Errorf("the plan says %q", v)
			}
			later := w.plan()
			later.Pending = resource.KnownPending
			if v := w.k.Forecast(t.Context(), verify.Check{Argv: []string{"true"}, Path: "/x"}, w, later); placed != (len(v.Notes) == 1 && strings.Contains(v.Notes[0], "runs when it is in place")) {
				t.Errorf("with something pending, the plan says %q", v)
			}
			errs, tree := w.commit(t, tt.members)
			if d := cmp.Diff(tt.want, tree); d != "" {
				t.Error(d)
			}
			for i, want := range tt.errs {
				if !strings.Contains(errs[i], want) || (want == "") != (errs[i] == "") {
					t.Errorf("%s: %q, want %q", tt.members[i].name, errs[i], want)
				}
			}
			if runs, _ := os.ReadFile(count); len(runs)/2 != tt.runs {
				t.Errorf("the check ran %d times, not %d", len(runs)/2, tt.runs)
			}
		})
	}
}

// For any number of changes, a plan computes their effect once, until the machine or the set of ready changes differs.
func TestForecastAsksOnce(t *testing.T) {
	w := newWorld(t)
	asked := 0
	cs := []resource.Change{{Key: "a"}, {Key: "b"}}
	w.k.Declare(w, cs, func(context.Context, []resource.Change) ([]process.Overlaid, bool) {
		asked++
		return []process.Overlaid{{Path: w.dir + "/x", Content: []byte("x")}}, true
	})
	forecast := func(ready []resource.Change) {
		for range 9 {
			o := resource.Outlook{Expected: &resource.Expected{Ready: ready}}
			w.k.Forecast(t.Context(), verify.Check{Argv: []string{"false"}, Path: "/x", Verb: "replace"}, w, o)
		}
	}
	for i, step := range []struct {
		do   func()
		want int
	}{
		{func() { forecast(cs) }, 2}, // the ready ones, and all
		{func() { forecast(cs) }, 2},
		{func() { forecast(cs[:1]) }, 3},
		{func() { w.k.Invalidate(); forecast(cs[:1]) }, 5},
	} {
		if step.do(); asked != step.want {
			t.Errorf("step %d: asked %d times, want %d", i, asked, step.want)
		}
	}
}

// TestForecastNotesWarnings shows that a plan notes the warnings of an accepting check.
func TestForecastNotesWarnings(t *testing.T) {
	w := newWorld(t)
	cs := []resource.Change{{Key: "a"}}
	w.k.Declare(w, cs, func(context.Context, []resource.Change) ([]process.Overlaid, bool) {
		return []process.Overlaid{{Path: w.dir + "/a", Content: []byte("x")}}, true
	})
	o := resource.Outlook{Expected: &resource.Expected{Ready: cs}}
	c := verify.Check{Argv: []string{"/bin/sh", "-c", "echo fine; echo 'Warning: UU is not defined' >&2"}, Path: w.dir + "/a", Verb: "replace"}
	v := w.k.Forecast(t.Context(), c, w, o)
	if want := []string{"verify accepts it, but warns: Warning: UU is not defined"}; v.Blocked != nil || !slices.Equal(v.Notes, want) {
		t.Errorf("%v, %q, want %q", v.Blocked, v.Notes, want)
	}
}

// An entry of the root directory, which no overlay can cover, does not delay the checks of the others until everything
// is in place: only its own.
func TestEntryOfTheRootDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	w := newWorld(t)
	top := "/converge-test-" + filepath.Base(filepath.Dir(w.dir))
	t.Cleanup(func() { os.Remove(top) })
	txn := w.fs.Begin("test")
	defer txn.Abort()
	file := func(path, script string) verify.Member {
		live, err := txn.Look(path)
		if err != nil {
			live = fsys.Info{}
		}
		step := txn.File(path, live, fsys.File{Perm: fsys.Perm{Mode: 0o640}, Bytes: []byte("new")})
		return verify.Member{Steps: []*fsys.Step{step}, Checks: []verify.Check{{Argv: []string{"sh", "-c", script}, Path: path, Verb: "replace", Strict: path != top}}}
	}
	ms := []verify.Member{file(top, "grep -q new "+top+" && exit 3"), file(w.dir+"/a", "! test -e "+top+" && grep -q new "+w.dir+"/a"), file(w.dir+"/b", "exit 4")}
	if err := w.k.Commit(t.Context(), txn, ms, nil); err != nil {
		t.Fatal(err)
	}
	if err := ms[0].Steps[0].Err(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("the entry: %v", err)
	}
	if _, err := os.Lstat(top); !os.IsNotExist(err) {
		t.Errorf("what is refused is still there: %v", err)
	}
	if err := ms[1].Steps[0].Err(); err != nil {
		t.Error(err)
	}
	if err := ms[2].Steps[0].Err(); err == nil || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("a strict check: %v", err)
	}
	if d := cmp.Diff("a=new b=old b conf.d/c=old c", w.tree(t)); d != "" {
		t.Error(d)
	}
}
