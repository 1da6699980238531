package fsys

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPassedFiles: an open file that the parent has passed is read by the name of its descriptor, even if it has no path.
func TestPassedFiles(t *testing.T) {
	removed, err := os.Create(filepath.Join(t.TempDir(), "removed"))
	if err != nil {
		t.Fatal(err)
	}
	defer removed.Close()
	if err := os.Remove(removed.Name()); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.MemfdCreate("secret", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	nameless := os.NewFile(uintptr(fd), "secret")
	defer nameless.Close()
	pipe, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer in.Close()
	for _, f := range []*os.File{removed, nameless} {
		if _, err := f.WriteString("it"); err != nil {
			t.Fatal(err)
		}
	}
	host, err := Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	held := host.Hold()
	defer held.Forget()
	for _, dir := range []string{"/dev/fd", "/proc/self/fd"} {
		for _, f := range []*os.File{removed, nameless} {
			path := fmt.Sprintf("%s/%d", dir, f.Fd())
			got, err := Files{}.ReadSource(path, 10)
			if string(got) != "it" || err != nil {
				t.Errorf("%s, %s: %q, %v", path, f.Name(), got, err)
			}
			file, err := held.OpenSource(path)
			if err != nil {
				t.Errorf("%s, %s: %v", path, f.Name(), err)
				continue
			}
			got, err = io.ReadAll(file)
			file.Close()
			if string(got) != "it" || err != nil {
				t.Errorf("%s, %s: %q, %v", path, f.Name(), got, err)
			}
		}
		path := fmt.Sprintf("%s/%d", dir, pipe.Fd())
		want := fmt.Sprintf("cannot read %q: not a regular file", path)
		if _, err := held.OpenSource(path); err == nil || err.Error() != want {
			t.Errorf("a pipe: %v, want %s", err, want)
		}
		if _, err := (Files{}).ReadSource(path, 10); err == nil || err.Error() != path+" is not a regular file" {
			t.Errorf("a pipe: %v", err)
		}
	}
}
