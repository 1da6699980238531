package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// besideCase is a file with a sensitive part, and another part that is not sensitive.
type besideCase struct {
	name, file, given string
	secret            string // %s is replaced by the value
	plain             string // %d is replaced by a number
}

func besideCases() []besideCase {
	line := "line \"plain\" {\n  path  = \"/etc/x.conf\"\n  match = \"^plain \"\n  line  = \"plain %d\"\n}"
	mount := "mount \"/plain\" {\n  device = \"tmpfs\"\n  type   = \"tmpfs\"\n  state  = \"saved\"\n  pass   = %d\n}"
	return []besideCase{
		{"line beside a setting", "etc/x.conf", "KEY=old\nplain 0\n", "setting \"KEY\" {\n  path   = \"/etc/x.conf\"\n  format = \"keyvalue\"\n  value  = %s\n}", line},
		{"line beside a block", "etc/x.conf", "a\n", "block \"b\" {\n  path    = \"/etc/x.conf\"\n  content = %s\n}", line},
		{"line beside a line", "etc/x.conf", "plain 0\nkey old\n", "line \"k\" {\n  path  = \"/etc/x.conf\"\n  match = \"(canary|key)\"\n  line  = %s\n}", line},
		{"block beside a line", "etc/x.conf", "key old\n", "line \"k\" {\n  path  = \"/etc/x.conf\"\n  match = \"(canary|key)\"\n  line  = %s\n}", "block \"plain\" {\n  path    = \"/etc/x.conf\"\n  content = \"plain %d\\n\"\n}"},
		{"setting beside a setting", "etc/x.toml", "key = \"old\"\nplain = 0\n", "setting \"key\" {\n  path  = \"/etc/x.toml\"\n  value = %s\n}", "setting \"plain\" {\n  path  = \"/etc/x.toml\"\n  value = %d\n}"},
		{"mount beside a mount", "etc/fstab", fstab, "mount \"/x\" {\n  device  = \"tmpfs\"\n  type    = \"tmpfs\"\n  options = [%s]\n}", mount},
		{"swap beside a mount", "etc/fstab", fstab, "mount \"/x\" {\n  device  = \"tmpfs\"\n  type    = \"tmpfs\"\n  options = [%s]\n}", "swap \"/dev/plain\" {\n  priority = %d\n}"},
	}
}

// TestSecretsBesideAPartAreShownNowhere changes parts of files with a sensitive part: the stored original contains the
// bytes around the changed part.
func TestSecretsBesideAPartAreShownNowhere(t *testing.T) {
	t.Parallel()
	for _, c := range besideCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newSecretHost(t, secretCase{given: map[string]string{c.file: c.given}})
			site, first := filepath.Join(h.dir, "site.hcl"), h.tree()
			secret := strings.ReplaceAll(c.secret, "%s", `sensitive("canary-one")`)
			for i, manifest := range []string{secret, secret, secret, ""} { // at last only the ledger contains it
				before := h.tree()
				h.apply(manifest + "\n" + fmt.Sprintf(c.plain, i+1))
				after := h.tree()
				h.findIn("state", true)
				h.want(before, h.must("rollback", "-v"))
				h.findIn("state", true)
				h.want(after, h.must("rollback", "-v", h.lastRun()))
				h.findIn("state", true)
				h.showsRuns()
			}
			h.write("site.hcl", "settings { name = \"s\" }\n"+secret+"\n")
			h.must("apply", "--prune", site)
			h.findIn("state", true)
			h.must("rollback")
			h.findIn("state", true)
			h.write("site.hcl", "settings { name = \"s\" }\n")
			h.must("apply", "--prune", site)
			h.want(first, "")
		})
	}
}

// lastRun returns the latest run.
func (h *secretHost) lastRun() string {
	h.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "state", "runs", "*.jsonl"))
	if err != nil || len(files) == 0 {
		h.Fatalf("there are no runs: %v", err)
	}
	last := slices.MaxFunc(files, func(a, b string) int { return h.written(a).Compare(h.written(b)) })
	return strings.TrimSuffix(filepath.Base(last), ".jsonl")
}

func (h *secretHost) written(file string) time.Time {
	h.Helper()
	info, err := os.Stat(file)
	if err != nil {
		h.Fatal(err)
	}
	return info.ModTime()
}
