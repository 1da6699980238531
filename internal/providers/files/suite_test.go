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
	"converge/resources"

	"golang.org/x/sys/unix"
)

// machine is a directory that serves as a root.
type machine struct {
	root string
	p    *files.Provider
	fs   *fsys.FS
	kept *kept
}

// content finds a content that the provider kept.
func (m *machine) content(digest string) (*resource.Blob, error) {
	for _, c := range m.kept.contents {
		if b := resource.BytesBlob([]byte(c)); b.Same(resource.DigestBlob(digest, -1, nil)) {
			return b, nil
		}
	}
	return nil, fmt.Errorf("content %s was not kept", digest)
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
	k := &kept{}
	if o.Keep == nil {
		o.Keep = k
	}
	o.FS, o.Accounts = f, userdb.New(root)
	if o.RunID == "" {
		o.RunID = "test"
	}
	p := files.New(o)
	p.Declare(files.Site{Paths: []string{"/etc/passwd", "/etc/group"}})
	return &machine{root: root, p: p, fs: f, kept: k}
}

func (m *machine) world() *resourcetest.World {
	return &resourcetest.World{
		Provider: m.p, Root: m.root, Dir: "testdata",
		Beside:      []*resource.Kind{resources.File(m.p), resources.Directory(m.p), resources.Link(m.p)},
		Fingerprint: func(t testing.TB) string { return tree(t, m.root, true) },
		Dump:        func(t testing.TB) string { return tree(t, m.root, false) },
		Content:     m.content,
		State:       func(t testing.TB) string { return tree(t, m.root, false) + xattrs(t, m.root) },
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

// xattrs dumps the extended attributes of everything below root; access lists
// are among them.
func xattrs(t testing.TB, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		names := make([]byte, 4096)
		n, err := unix.Llistxattr(path, names)
		if err != nil {
			return err
		}
		for _, name := range strings.Split(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
			value := make([]byte, 4096)
			if n, err := unix.Lgetxattr(path, name, value); name != "" && err == nil {
				fmt.Fprintf(&b, "%s %s=%q\n", strings.TrimPrefix(path, root), name, value[:n])
			}
		}
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
