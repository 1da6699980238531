package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsAreShownNowhere sets each attribute that may be sensitive, and searches for it in everything that converge
// prints and writes. A rollback's copy of a replaced secret is kept in a separate folder of the state.
func TestSecretsAreShownNowhere(t *testing.T) {
	t.Parallel()
	cases := secretCases()
	for _, c := range secretCases() {
		if strings.Contains(c.block, "x.conf") {
			c.name += " with a backup"
			c.block = strings.Replace(c.block, "\n", "\n  backup = \".bak\"\n", 1)
			cases = append(cases, c)
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newSecretHost(t, c)
			h.findIn("state", false)
			for i, manifest := range []string{c.secret(0), c.secret(1), strings.ReplaceAll(c.plain(0), "canary", "harmless"), c.secret(1), c.absent} {
				h.write("site.hcl", "settings { name = \"s\" }\n"+manifest+"\n")
				site := filepath.Join(h.dir, "site.hcl")
				h.shows("plan", "-v", site)
				h.shows("plan", "--json", site)
				h.shows("plan", "--out", filepath.Join(h.dir, "out", "plan"), site)
				h.shows("apply", "-v", "--report", filepath.Join(h.dir, "out", "report"), "--json-log", filepath.Join(h.dir, "out", "log"), site)
				h.findIn("out", false)
				h.findIn("state", i > 0 || c.echoed)
				h.showsRuns()
			}
			h.shows("status")
			h.shows("rollback", "--dry-run", "-v")
			h.shows("rollback", "-v")
			h.showsRuns()
			h.write("site.hcl", "settings {\n  name         = \"s\"\n  keep_secrets = \"0\"\n}\n"+c.secret(0)+"\n")
			h.shows("apply", "-v", filepath.Join(h.dir, "site.hcl"))
			h.findNoneKept()
		})
	}
}

// shows runs a command that must not print the secret.
func (h *secretHost) shows(args ...string) {
	h.Helper()
	if err := os.MkdirAll(filepath.Join(h.dir, "out"), 0o755); err != nil {
		h.Fatal(err)
	}
	if out := h.must(args...); holdsCanary([]byte(out)) {
		h.Errorf("converge %s prints the secret:\n%s", strings.Join(args, " "), out)
	}
}

// showsRuns shows all past runs.
func (h *secretHost) showsRuns() {
	h.Helper()
	h.shows("history")
	files, err := filepath.Glob(filepath.Join(h.dir, "state", "runs", "*.jsonl"))
	if err != nil || len(files) == 0 {
		h.Fatalf("there are no runs: %v", err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		h.shows("show", "-v", id)
		h.shows("show", "--json", id)
	}
}

// findIn searches all files of a folder for the secret. replaced: an older one is stored.
func (h *secretHost) findIn(dir string, replaced bool) {
	h.Helper()
	_ = filepath.WalkDir(filepath.Join(h.dir, dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			h.Error(err)
		}
		if kept := filepath.Base(filepath.Dir(path)) == "secrets"; kept && replaced {
			return nil
		} else if kept { // a record contains the file's bytes for a rollback
			text, _, _ = bytes.Cut(text, []byte(`"hunks"`))
		}
		if holdsCanary(text) {
			h.Errorf("%s holds the secret:\n%s", path, text)
		}
		return nil
	})
}

// findNoneKept searches the whole state for the secret: nothing keeps it longer than keep_secrets, and only root could
// read the copies until then.
func (h *secretHost) findNoneKept() {
	h.Helper()
	folder := filepath.Join(h.dir, "state", "secrets")
	if info, err := os.Stat(folder); err == nil && info.Mode().Perm() != 0o700 {
		h.Errorf("%s has the mode %v", folder, info.Mode())
	}
	_ = filepath.WalkDir(filepath.Join(h.dir, "state"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if text, err := os.ReadFile(path); err != nil || holdsCanary(text) {
			h.Errorf("%s holds the secret after keep_secrets: %v\n%s", path, err, text)
		}
		return nil
	})
}

// holdsCanary reports whether a text contains the secret of a case, also in base64, the form of bytes in records.
func holdsCanary(text []byte) bool {
	for _, form := range []string{"canary-", "Y2FuYXJ5", "NhbmFyeS", "jYW5hcnkt"} {
		if bytes.Contains(text, []byte(form)) {
			return true
		}
	}
	return false
}
