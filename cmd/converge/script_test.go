package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"converge/internal/breakpoint"
	"converge/internal/process"
)

var update = flag.Bool("update", false, "rewrite golden files and generated pages")

func TestMain(m *testing.M) {
	process.RunHelper()
	testscript.Main(suite{m}, map[string]func(){"converge": breakableMain, "holdlock": holdLock})
}

// breakableMain is main, stopped at the system calls that a test selects.
func breakableMain() {
	breakpoint.Enable()
	main()
}

// TestScript runs the scripts of testdata/script: the program from outside,
// on trees below $WORK/root, without privilege. Beyond testscript's own
// commands they have
//
//	status N COMMAND...   run COMMAND and want exit status N
//	mode PERM PATH        want the mode of a file
//	snapshot NAME PATH    keep what PATH and all below it look like
//	unchanged NAME PATH   want it to look the same: content, mode, inode, mtime
//	serve PATH            serve the folder by HTTP until the script ends; $SERVED is its URL
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("NO_COLOR", "1")
			env.Values["snapshots"] = map[string]map[string]string{}
			return os.MkdirAll(filepath.Join(env.WorkDir, "root"), 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": cmdStatus, "mode": cmdMode, "snapshot": cmdSnapshot, "unchanged": cmdUnchanged, "serve": cmdServe,
		},
	})
}

func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		var ok bool
		if got, ok = strings.CutPrefix(err.Error(), "exit status "); !ok {
			ts.Fatalf("%v", err)
		}
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode PERM PATH")
	}
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("mode of %s is %s, want %s", args[1], got, args[0])
	}
}

func cmdSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: snapshot NAME PATH")
	}
	ts.Value("snapshots").(map[string]map[string]string)[args[0]] = look(ts, ts.MkAbs(args[1]))
}

func cmdUnchanged(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] unchanged NAME PATH")
	}
	before := ts.Value("snapshots").(map[string]map[string]string)[args[0]]
	after := look(ts, ts.MkAbs(args[1]))
	var differ []string
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if before[path] != after[path] {
			differ = append(differ, fmt.Sprintf("%s: %q, was %q", path, after[path], before[path]))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[path]; !ok {
			differ = append(differ, path+": is gone")
		}
	}
	if (len(differ) > 0) != neg {
		ts.Fatalf("%s: %d differences\n%s", args[1], len(differ), strings.Join(differ, "\n"))
	}
}

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve PATH")
	}
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv("SERVED", server.URL)
}

// look describes everything below a path, except the state folder, which a run may read and so lock.
func look(ts *testscript.TestScript, root string) map[string]string {
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if rel == "var/lib/converge" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		desc := fmt.Sprintf("%s inode %d", info.Mode(), st.Ino)
		if !d.IsDir() {
			desc += fmt.Sprintf(" mtime %d", info.ModTime().UnixNano())
		}
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			desc += fmt.Sprintf(" sha256 %x", sha256.Sum256(b))
		}
		out[rel] = desc
		return nil
	})
	ts.Check(err)
	return out
}
