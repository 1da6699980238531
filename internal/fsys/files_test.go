package fsys_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// TestFiles shows how names in a tree are resolved: links stay inside, absolute ones too.
func TestFiles(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	root := filepath.Join(top, "tree")
	for _, dir := range []string{"etc", "usr/lib", "data/dpkg"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{
		"../secret": "outside", "usr/lib/os-release": "ID=tree\n", "data/dpkg/status": "Package: a\n", "etc/large": strings.Repeat("x", 101),
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"etc/relative": "../usr/lib/os-release", "etc/absolute": "/usr/lib/os-release", "var": "/data",
		"etc/out": "../../secret", "etc/away": filepath.Join(top, "secret"), "etc/round": "round",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(root, "etc/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct{ name, want, err string }{
		{"/usr/lib/os-release", "ID=tree\n", ""},
		{"/etc/relative", "ID=tree\n", ""},
		{"/etc/absolute", "ID=tree\n", ""},
		{"/var/dpkg/status", "Package: a\n", ""},
		{"/../../var/dpkg/./status", "Package: a\n", ""},
		{"/etc/out", "", "no such file"},
		{"/etc/away", "", "no such file"},
		{"/etc/round", "", "too many levels of symbolic links"},
		{"/etc/missing", "", "no such file"},
		{"/etc/large", "", "is larger than 100 bytes"},
		{"/etc/pipe", "", "is not a regular file"},
		{"/etc", "", "is not a regular file"},
	} {
		got, err := f.ReadFile(c.name, 100)
		if string(got) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v; want %q, %q", c.name, got, err, c.want, c.err)
		}
	}
	if info, err := f.Stat("/var/dpkg"); err != nil || !info.IsDir() {
		t.Errorf("Stat through an absolute link: %v, %v", info, err)
	}
	entries, err := f.ReadDir("/var")
	if err != nil || len(entries) != 1 || entries[0].Name() != "dpkg" {
		t.Errorf("ReadDir through an absolute link: %v, %v", entries, err)
	}
}

// TestFilesOfTheMachine shows that the zero value reads this machine, including files whose size the kernel does not
// report.
func TestFilesOfTheMachine(t *testing.T) {
	t.Parallel()
	live, err := fsys.OpenFiles("/")
	if err != nil || !live.IsLive() || live.Root() != "" {
		t.Fatalf("%+v, %v", live, err)
	}
	want, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	got, err := live.ReadFile("/proc/self/status", 1<<20)
	if err != nil || !strings.HasPrefix(string(got), strings.SplitAfter(string(want), "\n")[0]) || len(got) < len(want)/2 {
		t.Errorf("%d bytes, %v; want about %d", len(got), err, len(want))
	}
	if _, err := live.ReadFile("/proc/self/status", 10); err == nil {
		t.Error("the limit does not hold where the size is 0")
	}
	if info, err := live.Stat(t.TempDir()); err != nil || !info.IsDir() {
		t.Error(info, err)
	}
}

func TestFindFolder(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "there/file.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "there/file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		files  fsys.Files
		prefix string // of the names
	}{
		{"this machine", fsys.Files{}, root},
		{"a tree", tree, ""},
	} {
		if got, err := c.files.FindFolder(c.prefix + "/there/file.d"); got != filepath.Join(root, "there/file.d") || err != nil {
			t.Errorf("%s: %q, %v", c.what, got, err)
		}
		if got, err := c.files.FindFolder(c.prefix + "/missing"); got != "" || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s, what is not there: %q, %v", c.what, got, err)
		}
		if got, err := c.files.FindFolder(c.prefix + "/there/file"); got != "" || !errors.Is(err, unix.ENOTDIR) {
			t.Errorf("%s, a file: %q, %v", c.what, got, err)
		}
	}
}
