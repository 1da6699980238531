package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/testhost"
)

// suite is all tests of this package. They must not change the state folder of this machine: because of a record there,
// a real run would prune or undo a test's changes.
type suite struct{ *testing.M }

// Run implements [testscript.TestingM].
func (s suite) Run() int {
	if os.Getenv(worldEnv) != "" || testhost.Inside() { // the folder there belongs to the test
		return s.M.Run()
	}
	before := listMachineState()
	code := s.M.Run()
	if d := cmp.Diff(before, listMachineState()); d != "" {
		fmt.Fprintf(os.Stderr, "FAIL: a test without --state or --root has written to the state folder of this machine:\n%s\n", d)
		code = max(code, 1)
	}
	return code
}

// listMachineState returns the content of this machine's state folder, with times.
func listMachineState() map[string]string {
	out := map[string]string{}
	_ = filepath.WalkDir("/var/lib/converge", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // a missing or unreadable folder contains nothing of a test
		}
		if info, err := d.Info(); err == nil {
			out[path] = info.Mode().String() + " " + info.ModTime().String()
		}
		return nil
	})
	return out
}
