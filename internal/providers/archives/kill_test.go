package archives_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/fsys"
	"converge/internal/resource/resourcetest"
)

const killMachine = "CONVERGE_TEST_KILL_MACHINE"

// upgrade puts the second version in the place of the first one.
func upgrade(t testing.TB, m *machine, link bool) error {
	t.Helper()
	more := []any{"source", "v2.tar.gz"}
	if link {
		more = append(more, "link", "/opt/current")
	}
	r := m.want(t, more...)
	return m.p.Apply(context.Background(), resourcetest.Plan(t, r))
}

// TestKillChild is the process that gets killed.
func TestKillChild(t *testing.T) {
	base := os.Getenv(killMachine)
	if base == "" {
		return // it is no test of its own
	}
	breakpoint.Enable()
	m := &machine{root: base + "/root", dir: base + "/site", state: base + "/state"}
	m.open(t, "2")
	var err error
	switch back := os.Getenv(killMachine + "_BACK"); {
	case back != "":
		err = m.p.Apply(context.Background(), resourcetest.Plan(t, m.back(t, readChange(t, m, back))))
	case os.Getenv(killMachine+"_GONE") != "":
		err = m.p.Apply(context.Background(), resourcetest.Plan(t, m.gone(t)))
	default:
		err = upgrade(t, m, os.Getenv(killMachine+"_LINK") != "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestKilled kills an upgrade before each of its system calls that change something, and
// has each of them fail: there is the old tree or the new one, never a part of one, and the next
// run puts the new one in place. The old tree is never lost.
func TestKilled(t *testing.T) {
	needRoot(t)
	calls := []string{"mkdirat", "symlinkat", "linkat", "unlinkat", "renameat", "renameat2", "fsync", "syncfs", "fchmod", "fchown", "utimensat", "write"}
	for _, link := range []bool{false, true} {
		for _, answer := range []breakpoint.Answer{breakpoint.Kill, breakpoint.Answer(unix.ENOSPC)} {
			n := 1
			for tryStopped(t, calls, link, answer, n) {
				n++
			}
			if n < 20 {
				t.Errorf("link %v: it was stopped only %d times", link, n-1)
			}
		}
	}
}

// tryStopped stops an upgrade at its nth system call; false: there are not so many.
func tryStopped(t *testing.T, calls []string, link bool, answer breakpoint.Answer, n int) bool {
	t.Helper()
	m := newMachine(t, "1")
	first := []any{"source", "v1.tar.gz"}
	at := "/opt/app"
	if link {
		first, at = append(first, "link", "/opt/current"), "/opt/current"
	}
	resourcetest.Converge(t, m.want(t, first...))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), killMachine+"="+strings.TrimSuffix(m.root, "/root"))
	if link {
		cmd.Env = append(cmd.Env, killMachine+"_LINK=1")
	}
	count, stopped := 0, breakpoint.Call{}
	_, out, err := breakpoint.Run(cmd, calls, func(c breakpoint.Call) breakpoint.Answer { // the child may fail or not
		if count++; count == n {
			stopped = c
			return answer
		}
		return breakpoint.Proceed
	})
	if count < n {
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return false
	}
	current := func() string {
		if text, err := os.Readlink(m.root + at); err == nil {
			return text
		}
		return at
	}
	content := m.read(t, current()+"/bin/app") + m.read(t, current()+"/etc/app.conf")
	if content != "#!1\nversion 1\n" && content != "#!2\nversion 2\n" {
		t.Fatalf("stopped at %v: the tree is %q\n%s", stopped, content, out)
	}
	f, err := fsys.Open(m.root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Sweep(t.Context(), []string{"/opt"}); err != nil {
		t.Fatal(err)
	}
	m.open(t, "3")
	if err := upgrade(t, m, link); err != nil {
		t.Fatalf("stopped at %v, the next run: %v", stopped, err)
	}
	if got := m.read(t, current()+"/bin/app"); got != "#!2\n" {
		t.Fatalf("stopped at %v, after the next run it is %q", stopped, got)
	}
	old := m.kept(t)
	if link {
		old = []string{m.root + "/opt/app/" + versionOf(t, "1", 1)}
	}
	if len(old) == 0 || !isFirst(old) {
		t.Fatalf("stopped at %v: the old tree is lost: %q", stopped, old)
	}
	if left, err := os.ReadDir(m.root + "/opt"); err != nil || strings.Contains(names(left), ".converge-2") {
		t.Fatalf("stopped at %v, %v is left, %v", stopped, left, err)
	}
	return true
}

// isFirst reports whether one of the trees is the first version.
func isFirst(trees []string) bool {
	for _, dir := range trees {
		if b, err := os.ReadFile(dir + "/bin/app"); err == nil && string(b) == "#!1\n" {
			return true
		}
	}
	return false
}

func names(entries []os.DirEntry) string {
	out := ""
	for _, e := range entries {
		out += " " + e.Name()
	}
	return out
}
