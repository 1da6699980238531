package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"converge/internal/notify"
)

// Lost files of the state folder are detected if something was owed, and the error names the file.
func TestLostFiles(t *testing.T) {
	owes := func(t *testing.T, dir string) { // and ended
		s := open(t, dir)
		script(t, start(t, s, "r1"), "begin x\ndone x 1\nfinish")
		s.Close()
	}
	killed := func(t *testing.T, dir string) {
		owes(t, dir)
		s := open(t, dir)
		script(t, start(t, s, "r2"), "begin y\ndone y 2")
		s.Close()
	}
	paid := func(t *testing.T, dir string) {
		owes(t, dir)
		s := open(t, dir)
		script(t, start(t, s, "r2"), "paid x\nfinish")
		s.Close()
	}
	empty := func(t *testing.T, dir string) {
		owes(t, dir)
		s := open(t, dir)
		r := start(t, s, "r2")
		if err := r.Release(context.Background(), []string{"path:/etc/x"}); err != nil {
			t.Fatal(err)
		}
		script(t, r, "paid x\nfinish")
		s.Close()
	}
	for _, c := range []struct {
		summary string
		make    func(*testing.T, string)
		lose    string
		err     string // in the error; "": none
	}{
		{"debts", owes, "owed", "owed: damaged: it is missing, and run r1 left these actions owed: service.x restart"},
		{"debts, when all were paid", paid, "owed", ""},
		{"the ledger", owes, "ledger", "ledger: damaged: it is missing; what converge has made"},
		{"the ledger, which a killed run has yet to add to", killed, "ledger", "ledger: damaged: it is missing"},
		{"an empty ledger", empty, "ledger", ""},
		{"the ledger and the status", owes, "ledger status.json", ""},
		{"the pointer to a run that ended", owes, "current", ""},
		{"the pointer to a killed run", killed, "current", "current: damaged: it is missing, and run r2 did not end. Make it again (ln -s runs/r2.jsonl"},
		{"the killed run", killed, "runs/r2.jsonl", "runs/r2.jsonl: damaged: it is missing; what run r2 changed and owes is not known"},
		{"the killed run and the pointer", killed, "runs/r2.jsonl current", "runs/r2.jsonl: damaged: it is missing"},
		{"an older run", killed, "runs/r1.jsonl", ""},
		{"the status", killed, "status.json", ""},
		{"the key", owes, "key", "key: damaged: it is missing or another"},
		{"everything", killed, "owed ledger current runs/r1.jsonl runs/r2.jsonl status.json key", ""},
	} {
		for _, readOnly := range []bool{true, false} {
			t.Run(c.summary, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "state")
				c.make(t, dir)
				for name := range strings.FieldsSeq(c.lose) {
					if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
						t.Fatal(err)
					}
				}
				s, err := Open(context.Background(), dir, Options{ReadOnly: readOnly})
				if s != nil {
					s.Close()
				}
				switch {
				case c.err == "" && err != nil:
					t.Error(err)
				case c.err != "" && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.err)):
					t.Errorf("got %v, want %q", err, c.err)
				}
			})
		}
	}
}

// A file or folder that was replaced is reported as damage, and a pipe does not block.
func TestReplacedFiles(t *testing.T) {
	by := map[string]func(path string) error{
		"a pipe":                 func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a link to nothing":      func(path string) error { return os.Symlink("nothing", path) },
		"a link that leads away": func(path string) error { return os.Symlink("/etc/hostname", path) },
		"a folder":               func(path string) error { return os.Mkdir(path, 0o700) },
	}
	for _, c := range []struct {
		name string
		err  bool
	}{
		{"owed", true},
		{"ledger", true},
		{"key", true},
		{"lock", true},
		{"current", true},
		{"status.json", false},
		{"runs/r1.jsonl", false},
		{"runs", true},
		{"blobs", true},
		{"secrets", true},
		{"running", true},
	} {
		for what, put := range by {
			if what == "a folder" && slices.Contains([]string{"runs", "blobs", "secrets", "running"}, c.name) {
				continue
			}
			t.Run(c.name+" by "+what, func(t *testing.T) { testReplaced(t, c.name, c.err, put) })
		}
	}
}

func testReplaced(t *testing.T, name string, damage bool, put func(path string) error) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	script(t, start(t, s, "r1"), "begin x\ndone x 1\nfinish")
	s.Close()
	file := filepath.Join(dir, name)
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
	if err := put(file); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} { // every command opens the state in one of these modes
		s, err := Open(context.Background(), dir, Options{ReadOnly: readOnly})
		if errors.Is(err, ErrDamaged) != damage || !damage && err != nil || damage && !strings.Contains(err.Error(), file) {
			t.Errorf("read only %v: got %v", readOnly, err)
		}
		if s == nil {
			continue
		}
		if _, err := s.Runs(); err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("runs: %v", err)
		}
		s.Close()
	}
}

// Wherever a run is cut off, a begun change has its debts: they precede it.
func TestNoChangeWithoutItsDebts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	script(t, start(t, s, "r1"), "begin a b\ndone a 5\nbegin c")
	s.Close()
	file := filepath.Join(dir, "runs", "r1.jsonl")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := bytes.IndexByte(whole, '\n') + 1; n <= len(whole); n++ {
		if err := os.WriteFile(file, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(context.Background(), dir, Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		owed := map[string]bool{}
		for _, d := range s.Owed() {
			owed[d.Cause.Name] = true
		}
		for _, k := range s.Recovered() {
			for _, b := range k.Begun {
				if !owed[b.Addr.Name] {
					t.Fatalf("cut at %d: %s is begun and owes nothing", n, b.Addr)
				}
			}
		}
		s.Close()
	}
}

// rewrite writes the lines of records again, with valid checksums.
func rewrite(t *testing.T, file string, keep func(*record) bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	var s sum
	for line := range bytes.Lines(data) {
		var r record
		if err := json.Unmarshal(line[9:], &r); err != nil {
			t.Fatal(err)
		}
		if !keep(&r) {
			continue
		}
		if s, err = appendLine(&buf, s, &r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A change without its debts is damage, even with valid checksums. A run of a version that wrote debts after their
// changes is read correctly.
func TestDebtsThatAreMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	script(t, start(t, s, "r1"), "begin a b\ndone a 5")
	s.Close()
	file := filepath.Join(dir, "runs", "r1.jsonl")
	rewrite(t, file, func(r *record) bool { return r.Owe == nil || r.Owe.Cause.Name != "b" })
	_, err := Open(context.Background(), dir, Options{ReadOnly: true})
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "it owes 1 actions, of which 0 precede it") {
		t.Error(err)
	}
	var late []notify.Debt
	rewrite(t, file, func(r *record) bool {
		if r.Start != nil {
			r.Start.Seq = 0
		}
		if r.Begin != nil {
			r.Begin.Owes = 0
		}
		if r.Owe != nil {
			late = append(late, *r.Owe)
		}
		return r.Owe == nil
	})
	s, err = Open(context.Background(), dir, Options{ReadOnly: true})
	if err != nil || len(late) != 1 {
		t.Fatal(err, late)
	}
	s.Close()
}

// A status of any bytes is used or ignored, and never prevents a run.
func FuzzStatus(f *testing.F) {
	f.Add([]byte(`{"format":1,"run":"r1","owed":[],"seq":3}`))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`{"format":1,"running":"../../x","key":"z"}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		if err := root.WriteFile(statusFile, data, 0o600); err != nil {
			t.Fatal(err)
		}
		st := readStatus(root)
		if err := st.checkFiles(&folder{root: root}, sealer{}, false, false, ""); err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}

// A leftover that cannot be removed is remembered until it is removed.
func TestLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for _, c := range []struct{ find, leave string }{{"", "/b /a /a"}, {"/a /b", "/a /b"}, {"/a /b", ""}, {"", ""}} {
		s := open(t, dir)
		if got := strings.Join(s.Leftovers(), " "); got != c.find {
			t.Errorf("got %q, want %q", got, c.find)
		}
		s.SetLeftovers(strings.Fields(c.leave))
		script(t, start(t, s, ""), "finish")
		s.Close()
	}
}

// A run does not fail because its status cannot be written.
func TestStatusThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	defer s.Close()
	if err := os.MkdirAll(filepath.Join(dir, statusFile, "in-the-way"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := start(t, s, "r1")
	script(t, r, "begin x\ndone x 1\nfinish")
	if err := r.StatusError(); err == nil || !strings.HasPrefix(err.Error(), "cannot write status.json: ") {
		t.Error(err)
	}
	if runs, err := s.Runs(); err != nil || len(runs) != 1 || runs[0].Ended.IsZero() {
		t.Error(runs, err)
	}
}

// After the cleanup of a killed run, no file reports it as in progress, even if it wrote last, or its status could not
// be replaced.
func TestStatusAfterKill(t *testing.T) {
	for _, block := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "state")
		s := open(t, dir)
		script(t, start(t, s, "r1"), "begin x")
		s.Close() // killed
		s = open(t, dir)
		if st := s.Status(); st == nil || st.Running != "r1" {
			t.Fatal(st)
		}
		if err := start(t, s, "").Abandon(5, "stale"); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s = open(t, dir)
		if st := s.Status(); st == nil || st.Running != "r1" || st.Exit != 5 || len(s.Recovered()) != 1 {
			t.Fatal(st)
		}
		if block {
			if err := os.MkdirAll(filepath.Join(dir, statusFile+".new", "x"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		r := start(t, s, "")
		script(t, r, "finish")
		if (r.StatusError() != nil) != block {
			t.Error(r.StatusError())
		}
		s.Close()
		if st := open(t, dir).Status(); block != (st == nil) || st != nil && st.Running != "" {
			t.Error(st)
		}
	}
}
