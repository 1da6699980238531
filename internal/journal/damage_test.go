package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// killedFolder makes a folder with a killed run that owes actions, after a finished run that owes some, and returns the
// killed run's file.
func killedFolder(t *testing.T, dir string) string {
	t.Helper()
	for id, lines := range map[string]string{"r1": "begin old\ndone old 1\nfinish"} {
		s := open(t, dir)
		script(t, start(t, s, id), lines)
		s.Close()
	}
	s := open(t, dir)
	script(t, start(t, s, "r2"), "begin a b\ndone a 5\npaid a\nbegin c\nfailed c 6")
	s.Close()
	return filepath.Join(dir, "runs", "r2.jsonl")
}

// look opens the folder like plan does, and describes its content.
func look(dir string) (string, error) {
	s, err := Open(context.Background(), dir, Options{ReadOnly: true})
	if err != nil {
		return "", err
	}
	defer s.Close()
	var made []string
	for _, e := range s.Orphans(func(string) bool { return false }) {
		made = append(made, e.Key+"="+e.Digest)
	}
	return dumpDebts(s.Owed()) + "\n" + dumpKilled(s.Recovered()) + "\n" + strings.Join(made, " "), nil
}

// Truncated at any byte, the journal has the meaning of its complete lines.
func TestTruncatedAnywhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	file := killedFolder(t, dir)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	firstLine := strings.IndexByte(string(whole), '\n') + 1
	for n := range whole {
		if err := os.WriteFile(file, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := look(dir)
		if n < firstLine {
			// The link was made after that line was on disk: this is not a torn write, and what came before it is lost
			// with it.
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "r2.jsonl:1: ") {
				t.Fatalf("cut at %d in the first line: %q, %v", n, got, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		end := strings.LastIndexByte(string(whole[:n]), '\n') + 1
		if err := os.WriteFile(file, whole[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		want, err := look(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("cut at %d: %s", n, cmp.Diff(want, got))
		}
	}
}

// If any byte is changed, in either of two ways, each file of the folder is refused with the place of the damage, or
// keeps its meaning. Only the last line of a run may be ignored, if its newline is changed: it looks truncated.
func TestFlippedAnywhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	journal := killedFolder(t, dir)
	want, err := look(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{journal, filepath.Join(dir, "owed"), filepath.Join(dir, "ledger")} {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n := range whole {
			for _, c := range []byte{whole[n] ^ 1, "\n\x00"[n%2]} {
				if c == whole[n] {
					continue
				}
				patch(t, file, n, c)
				got, err := look(dir)
				patch(t, file, n, whole[n])
				torn := file == journal && n == len(whole)-1
				switch {
				case errors.Is(err, ErrDamaged) && strings.Contains(err.Error(), file+":"):
				case err != nil:
					t.Fatalf("%s: byte %d is %q: %v", file, n, c, err)
				case got != want && !torn:
					t.Fatalf("%s: byte %d is %q: %s", file, n, c, cmp.Diff(want, got))
				}
			}
		}
	}
}

func patch(t *testing.T, file string, n int, c byte) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{c}, int64(n)); err != nil {
		t.Fatal(err)
	}
}

// A power cut may leave unwritten blocks as zeros at the end.
func TestZerosAtTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	file := killedFolder(t, dir)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	lines = lines[:len(lines)-1]
	last := len(lines) - 1
	zero := func(s string) string { return strings.Repeat("\x00", len(s)) }
	for _, c := range []struct{ summary, data, err string }{
		{summary: "after the last line", data: string(whole) + zero(lines[0])},
		{summary: "for the last lines", data: strings.Join(lines[:last-1], "") + zero(lines[last-1]+lines[last])},
		{summary: "in the last line but for its end", data: strings.Join(lines[:last], "") + zero(lines[last])[:20] + lines[last][20:], err: "damaged"},
		{summary: "in the middle", data: strings.Join(lines[:2], "") + zero(lines[2]) + strings.Join(lines[3:], ""), err: "r2.jsonl:3: damaged"},
		{summary: "a line is missing", data: strings.Join(lines[:2], "") + strings.Join(lines[3:], ""), err: "r2.jsonl:3: damaged"},
		{summary: "a line is there twice", data: strings.Join(lines[:2], "") + strings.Join(lines[1:], ""), err: "r2.jsonl:3: damaged"},
		{summary: "another run's", data: strings.Replace(string(whole), `"run":"r2"`, `"run":"r3"`, 1), err: "r2.jsonl:1: damaged"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(c.data), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := look(dir)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}

func TestDamagedFolder(t *testing.T) {
	for _, c := range []struct {
		summary, err string
		spoil        func(dir string) error
	}{
		{"the run in question is gone", "it is missing", func(d string) error { return os.Remove(d + "/runs/r2.jsonl") }},
		{"the pointer is no pointer", "invalid argument", func(d string) error {
			return errors.Join(os.Remove(d+"/current"), os.WriteFile(d+"/current", nil, 0o600))
		}},
		{"the pointer leads out", "damaged", func(d string) error {
			return errors.Join(os.Remove(d+"/current"), os.Symlink("runs/../../x.jsonl", d+"/current"))
		}},
		{"the ledger is of another version", `format "9" is not known`, func(d string) error {
			return os.WriteFile(d+"/ledger", []byte("converge-ledger 9 r1 0 00000000\n"), 0o600)
		}},
		{"the ledger is empty", "not a ledger", func(d string) error { return os.WriteFile(d+"/ledger", nil, 0o600) }},
		{"the debts are empty", "its end is missing", func(d string) error { return os.WriteFile(d+"/owed", nil, 0o600) }},
		{"the folder is a file", "not a directory", func(d string) error { return errors.Join(os.RemoveAll(d), os.WriteFile(d, nil, 0o600)) }},
		{"others may write in it", "others can write in it (mode 0777)", func(d string) error { return os.Chmod(d, 0o777) }},
		{"a group may write in it", "others can write in it (mode 0770)", func(d string) error { return os.Chmod(d, 0o770) }},
	} {
		t.Run(c.summary, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			killedFolder(t, dir)
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			for _, readOnly := range []bool{true, false} {
				s, err := Open(context.Background(), dir, Options{ReadOnly: readOnly})
				if err == nil {
					s.Close()
				}
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "cannot ") || strings.Count(err.Error(), "cannot ") > 1 {
					t.Errorf("got %v, want %q", err, c.err)
				}
			}
		})
	}
}

// Other users could read the contents in a folder that they may open.
func TestFolderIsMadePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "state")
	s := open(t, dir)
	s.Close()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700, dir + "/runs": 0o700, dir + "/blobs": 0o700, dir + "/lock": 0o600, filepath.Dir(dir): 0o755} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}
