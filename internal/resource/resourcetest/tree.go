package resourcetest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What follows is for worlds that are a folder of files.

// noteName is the extended attribute of [Noted].
const noteName = "user.note"

// DumpTree describes all that is below a root: modes, owners, contents and the attribute of
// [Noted]; with stat also which file it is, and when it was written.
func DumpTree(t testing.TB, root string, stat bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(at string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		text, _ := os.ReadFile(at) // a folder has none
		st, _ := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %s %d %q", strings.TrimPrefix(at, root), info.Mode(), st.Uid, text)
		if stat {
			fmt.Fprint(&b, st.Ino, info.ModTime())
		}
		value := make([]byte, 100)
		n, _ := unix.Lgetxattr(at, noteName, value)
		fmt.Fprintf(&b, " %q\n", value[:max(n, 0)])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Holds is a [Case.Check] that a file has a content.
func Holds(path, want string) func(testing.TB, *World) {
	return func(t testing.TB, w *World) {
		t.Helper()
		if got, err := os.ReadFile(w.Root + path); string(got) != want {
			t.Errorf("%s holds %q, want %q; %v", path, got, want, err)
		}
	}
}

// Noted is an extended attribute of a file, which no manifest declares.
func Noted(path string) []Hidden {
	return []Hidden{{Name: "extended attribute", Do: func(t testing.TB, w *World) {
		if err := unix.Setxattr(w.Root+path, noteName, []byte("kept"), 0); err != nil {
			t.Skipf("no extended attributes here: %v", err)
		}
	}}}
}
