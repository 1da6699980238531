package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// A tree of 5,000 files is written in one group commit: the file system is synced once before the renames, and once
// after them.
func TestTreeIsOneCommit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		testhost.Cannot(t, "needs strace: it counts system calls")
	}
	dir := t.TempDir()
	for _, name := range []string{"site/files", "root/etc/x"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5000 {
		if err := os.WriteFile(fmt.Sprintf("%s/site/files/%d", dir, i), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+"/site/site.hcl", []byte("tree \"/etc/x\" { source = \"files\" }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("strace", "-f", "--seccomp-bpf", "-e", "trace=syncfs", "-e", "signal=none", "-o", dir+"/trace", "converge", "apply", "--root", dir+"/root", dir+"/site")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "5,000 created") {
		t.Fatalf("%v\n%s", err, out[max(0, len(out)-500):])
	}
	trace, err := os.ReadFile(dir + "/trace")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(trace), "syncfs("); n != 2 {
		t.Errorf("%d syncs, want 2:\n%s", n, trace)
	}
}
