package archives_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// changingCalls are the system calls by which a change of an archive changes anything.
func changingCalls() []string {
	return []string{"mkdirat", "symlinkat", "linkat", "unlinkat", "renameat", "renameat2", "fsync", "syncfs", "fchmod", "fchmodat", "fchown", "fchownat", "utimensat", "write"}
}

// stopping is an archive that is to be removed, and what is there of it.
type stopping struct {
	name   string
	link   bool
	others map[string]string // files of others in its folder
}

func stoppings() []stopping {
	mine := map[string]string{"/opt/app/lib/mine": "mine", "/opt/app/data/db": "mine"}
	return []stopping{
		{"a tree", false, nil},
		{"a tree with files of others", false, mine},
		{"versions", true, nil},
		{"versions with files of others", true, mine},
	}
}

// make unpacks the archive, and returns everything that there is then.
func (s stopping) make(t *testing.T) (m *machine, before string) {
	t.Helper()
	m = newMachine(t, "1")
	for _, v := range []string{"1", "2"} {
		attrs := []any{"source", "v" + v + ".tar.gz"}
		if s.link {
			attrs = append(attrs, "link", "/opt/current")
		} else if v == "2" {
			break
		}
		resourcetest.Converge(t, m.want(t, attrs...))
	}
	for at, text := range s.others {
		put(t, m.root+at, text)
	}
	return m, dump(t, m.root, false)
}

// record returns a change of the machine as a run records it.
func record(t testing.TB, m *machine, r *resource.Resource) resource.Change {
	t.Helper()
	full, _, err := m.p.Record(context.Background(), resourcetest.Plan(t, r))
	if err != nil {
		t.Fatal(err)
	}
	return full
}

// stop has the child make a change, and stops it before its nth system call; false: there are
// not so many.
func (m *machine) stop(t *testing.T, answer breakpoint.Answer, n int, env ...string) (at breakpoint.Call, stopped bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestKillChild$")
	cmd.Env = append(append(os.Environ(), killMachine+"="+strings.TrimSuffix(m.root, "/root")), env...)
	count := 0
	_, out, err := breakpoint.Run(cmd, changingCalls(), func(c breakpoint.Call) breakpoint.Answer { // the child may fail or not
		if count++; count == n {
			at = c
			return answer
		}
		return breakpoint.Proceed
	})
	if count < n && err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := fsys.Open(m.root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Sweep(t.Context(), []string{"/opt", "/opt/app"}); err != nil {
		t.Fatal(err)
	}
	m.open(t, "3")
	return at, count >= n
}

// eachStop calls try for the system calls of a change, in turn, as long as there are more, and
// once for a kill and once for an error of the call.
func eachStop(t *testing.T, least int, try func(answer breakpoint.Answer, n int) bool) {
	t.Helper()
	for _, answer := range []breakpoint.Answer{breakpoint.Kill, breakpoint.Answer(unix.EIO)} {
		n := 1
		for !t.Failed() && try(answer, n) {
			n++
		}
		if n <= least {
			t.Errorf("it was stopped only %d times", n-1)
		}
	}
}

// TestRemovalKilled stops the removal of an archive before each of its system calls that change
// something. What others have in it stays. A rollback right away brings everything back, and so do, after another
// removal has come through, the rollbacks of both.
func TestRemovalKilled(t *testing.T) {
	needRoot(t)
	for _, s := range stoppings() {
		t.Run(s.name, func(t *testing.T) {
			for _, again := range []bool{false, true} {
				eachStop(t, 3, func(answer breakpoint.Answer, n int) bool {
					m, before := s.make(t)
					m.open(t, "2")
					first := record(t, m, m.gone(t))
					at, stopped := m.stop(t, answer, n, killMachine+"_GONE=1")
					for p, text := range s.others {
						if got := m.read(t, p); got != text {
							t.Errorf("stopped at %v: %s of others is %q", at, p, got)
						}
					}
					if again {
						r := m.gone(t)
						if c := resourcetest.Plan(t, r); !c.Empty() {
							second := record(t, m, r)
							resourcetest.Converge(t, r)
							m.open(t, "4")
							resourcetest.Converge(t, m.back(t, second))
						}
						m.open(t, "5")
					}
					m.checkBack(t, first, before, at)
					return stopped
				})
			}
		})
	}
}

// TestRollbackKilled stops the rollback of a removal likewise. The next rollback brings back what
// is missing.
func TestRollbackKilled(t *testing.T) {
	needRoot(t)
	for _, s := range stoppings() {
		t.Run(s.name, func(t *testing.T) {
			eachStop(t, 3, func(answer breakpoint.Answer, n int) bool {
				m, before := s.make(t)
				change := record(t, m, m.gone(t))
				resourcetest.Converge(t, m.gone(t))
				at, stopped := m.stop(t, answer, n, killMachine+"_BACK="+writeChange(t, change))
				m.checkBack(t, change, before, at)
				return stopped
			})
		})
	}
}

// TestPlainToLinkKilled: a manifest that gives each version a folder of its own has what was unpacked
// to the path itself removed, but for what others have there. However that is stopped, a rollback brings
// it back, and the next run comes to its end.
func TestPlainToLinkKilled(t *testing.T) {
	needRoot(t)
	others := map[string]string{"/opt/app/lib/mine": "mine", "/opt/app/data/db": "mine"}
	for _, again := range []bool{false, true} {
		eachStop(t, 10, func(answer breakpoint.Answer, n int) bool {
			m, before := stopping{others: others}.make(t)
			m.open(t, "2")
			linked := []any{"source", "v2.tar.gz", "link", "/opt/current"}
			first := record(t, m, m.want(t, linked...))
			if v := m.review(t, m.want(t, linked...)); !strings.Contains(strings.Join(v.Notes, " "), `removes what was unpacked to "/opt/app" itself ("`) {
				t.Errorf("the notes are %q", v.Notes)
			}
			at, stopped := m.stop(t, answer, n, killMachine+"_LINK=1")
			if again {
				r := m.want(t, linked...)
				var second *resource.Change
				if c := resourcetest.Plan(t, r); !c.Empty() {
					c := record(t, m, r)
					second = &c
					resourcetest.Converge(t, r)
				}
				if _, err := os.Lstat(m.root + "/opt/app/bin"); !os.IsNotExist(err) {
					t.Errorf("stopped at %v: what was unpacked to the path itself is there: %v", at, err)
				}
				if to, err := os.Readlink(m.root + "/opt/current"); err != nil || m.read(t, to+"/bin/app") != "#!2\n" {
					t.Errorf("stopped at %v: the link leads to %q, %v", at, to, err)
				}
				if second != nil {
					m.open(t, "4")
					resourcetest.Converge(t, m.back(t, *second))
				}
				m.open(t, "5")
			}
			for p, text := range others {
				if got := m.read(t, p); got != text {
					t.Errorf("stopped at %v: %s of others is %q", at, p, got)
				}
			}
			m.checkBack(t, first, before, at)
			return stopped
		})
	}
}

// checkBack takes a removal back, and wants what there was before.
func (m *machine) checkBack(t *testing.T, c resource.Change, before string, at breakpoint.Call) {
	t.Helper()
	back := m.back(t, c)
	if plan := resourcetest.Plan(t, back); !plan.Empty() {
		if v := m.review(t, back); v.Blocked != nil {
			t.Errorf("stopped at %v: the rollback is blocked: %v", at, v.Blocked)
			return
		}
		resourcetest.Converge(t, back)
	}
	if after := dump(t, m.root, false); after != before {
		t.Errorf("stopped at %v: it was\n%s\nand is\n%s", at, before, after)
	}
}

// writeChange returns a change as a text, which readChange reads.
func writeChange(t testing.TB, c resource.Change) string {
	t.Helper()
	texts := make([]string, 2)
	for i, v := range []cty.Value{c.Have, c.Want} {
		text, err := json.Marshal(ctyjson.SimpleJSONValue{Value: v})
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return strings.Join(texts, "\n")
}

func readChange(t testing.TB, m *machine, text string) resource.Change {
	t.Helper()
	c := resource.Change{Addr: m.gone(t).Addr}
	have, want, _ := strings.Cut(text, "\n")
	for text, v := range map[string]*cty.Value{have: &c.Have, want: &c.Want} {
		var simple ctyjson.SimpleJSONValue
		if err := json.Unmarshal([]byte(text), &simple); err != nil {
			t.Fatal(err)
		}
		*v = simple.Value
	}
	return c
}
