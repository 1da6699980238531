package files_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/internal/userdb"
)

// machine is a directory that serves as a root.
type machine struct {
	root string
	p    *files.Provider
	fs   *fsys.FS
}

func newMachine(t testing.TB, o files.Options) *machine {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"/etc/passwd": "root:x:0:0::/root:/bin/sh\nwww:x:1001:1002::/:/bin/false\n",
		"/etc/group":  "root:x:0:\nstaff:x:50:\nwww:x:1002:\n",
	} {
		os.MkdirAll(filepath.Dir(root+name), 0o755)
		if err := os.WriteFile(root+name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	o.FS, o.People = f, userdb.New(root)
	if o.RunID == "" {
		o.RunID = "test"
	}
	p := files.New(o)
	p.Declare(files.Site{Paths: []string{"/etc/passwd", "/etc/group"}})
	return &machine{root: root, p: p, fs: f}
}

func (m *machine) world() *resourcetest.World {
	return &resourcetest.World{
		Provider: m.p, Root: m.root, Dir: "testdata",
		Fingerprint: func(t testing.TB) string { return tree(t, m.root, true) },
		Dump:        func(t testing.TB) string { return tree(t, m.root, false) },
	}
}

// tree dumps everything below root; with times, what any write would change.
func tree(t testing.TB, root string, times bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %04o %d:%d", strings.TrimPrefix(path, root)+map[bool]string{true: "/"}[info.IsDir()], st.Mode&0o7777, st.Uid, st.Gid)
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %q", data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			fmt.Fprintf(&b, " -> %s", to)
		case !info.IsDir():
			fmt.Fprintf(&b, " %s", info.Mode().Type())
		}
		if times && path != root {
			fmt.Fprintf(&b, " ino=%d mtime=%d ctime=%d", st.Ino, st.Mtim.Nano(), st.Ctim.Nano())
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it changes owners")
	}
}

var (
	_ resource.Transactor = (*files.Provider)(nil)
	_ resource.Reviewer   = (*files.Provider)(nil)
)

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o644) }

// chmodBits is os.Chmod with the bits as chmod(2) takes them.
func chmodBits(path, octal string) error {
	n, err := strconv.ParseUint(octal, 8, 32)
	if err != nil {
		return err
	}
	return syscall.Chmod(path, uint32(n))
}
