package resourcetest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// WriteProgram writes a program that the test is going to run. No process may start while the file is
// open for writing: until it is another program, it would have the file open as well, and the kernel
// runs no program that anybody has open for writing ("text file busy").
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
