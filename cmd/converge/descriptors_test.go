package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

// A run closes the files that it opened: after many runs in one process, as many files are open as after the first. The
// garbage collector does not close the directories that fsys.Held keeps open.
func TestRunsLeaveNoFileOpen(t *testing.T) {
	dir := t.TempDir()
	site := filepath.Join(dir, "site.hcl")
	run := func(round int) {
		text := fmt.Sprintf("directory \"/d\" {\n  recurse = true\n  purge   = true\n}\nfile \"/d/x\" { content = \"%d\" }\nfile \"/d/y\" {\n  source = %q\n}\n"+
			"link \"/l\" { target = \"d\" }\n", round, site)
		if err := os.WriteFile(site, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"plan", "apply"} {
			env := &environ.Env{Version: testVersion, In: strings.NewReader(""), Out: io.Discard, Err: os.Stderr, Vars: []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, UID: os.Getuid()}
			root := newRootCommand(env)
			root.SetArgs([]string{command, "--state", filepath.Join(dir, "state"), "--root", dir, site})
			if status := env.Report(t.Context(), root.ExecuteContext(t.Context())); status != exit.OK {
				t.Fatalf("%s ends with %d", command, status)
			}
		}
	}
	run(0)
	before := openFiles(t)
	for i := range 5 {
		run(i + 1)
	}
	// The runtime closes garbage in a goroutine of its own, which a busy machine delays.
	after := openFiles(t)
	for end := time.Now().Add(time.Minute); after > before && time.Now().Before(end); after = openFiles(t) {
		time.Sleep(10 * time.Millisecond)
	}
	if after > before {
		t.Errorf("%d files are open after the runs, %d were before", after, before)
	}
}

// openFiles counts the open files of the process, without garbage.
func openFiles(t *testing.T) int {
	t.Helper()
	runtime.GC()
	runtime.GC()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
