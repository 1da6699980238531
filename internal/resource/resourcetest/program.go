package resourcetest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// WriteProgram writes a program that the test is going to run. No process may start while the file is open for
// writing: a forked child would keep the file open until it executes its program, and the kernel refuses to run a file
// that is open for writing ("text file busy").
func WriteProgram(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
