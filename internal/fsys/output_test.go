package fsys_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/testhost"
)

// TestOutput: another user can choose neither the file that root writes nor the one that is replaced, unless that user
// is trusted.
func TestOutput(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	write := map[string]func(f *fsys.FS, path string) error{
		"opened": func(f *fsys.FS, path string) error {
			file, err := f.OpenOutput(path)
			if err == nil {
				_, err = file.WriteString("new\n")
				file.Close()
			}
			return err
		},
		"replaced": func(f *fsys.FS, path string) error { return f.ReplaceOutput(path, []byte("new\n")) },
	}
	for path, unsafe := range map[string]bool{
		"/etc/new": false, "/etc/old": false, "/etc/link": false, "/home/bob/new": false, "/home/bob/own/f": false, "/home/bob/mine": false,
		"/home/bob/toetc": true, "/home/bob/etc/old": true, "/srv/viabob/old": true,
	} {
		for how, write := range write {
			for _, trusted := range []bool{false, true} {
				root := t.TempDir()
				plant(t, root, strings.Split(bobDirs+bobLinks, "|")...)
				plant(t, root, "f /etc/old 0", "l /etc/link 0 /etc/old", "l /home/bob/toetc 1001 /etc/old", "f /home/bob/mine 0")
				f := open(t, root)
				if trusted {
					f.Trust(1001)
				}
				err := write(f, path)
				if errors.Is(err, fsys.ErrUnsafe) != (unsafe && !trusted) || err != nil && !errors.Is(err, fsys.ErrUnsafe) {
					t.Errorf("%s %s, with bob trusted %t: %v", path, how, trusted, err)
					continue
				}
				old, rerr := os.ReadFile(filepath.Join(root, "etc/old"))
				if rerr != nil || err != nil && string(old) == "new\n" {
					t.Errorf("%s %s: /etc/old holds %q, %v", path, how, old, rerr)
				}
				if err != nil {
					continue
				}
				trust := open(t, root)
				trust.Trust(1001)
				real, err := trust.Resolve(path)
				got, rerr := os.ReadFile(filepath.Join(root, real))
				if err != nil || rerr != nil || string(got) != "new\n" {
					t.Errorf("%s %s: it holds %q, %v, %v", path, how, got, err, rerr)
				}
			}
		}
	}
}

// A device, a pipe and a directory are refused, and nothing is left beside them.
func TestOutputIsRegular(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"dir", "sub"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("none", filepath.Join(root, "nowhere")); err != nil {
		t.Fatal(err)
	}
	f := open(t, root)
	for _, path := range []string{"/dir", "/", "/none/x"} {
		if file, err := f.OpenOutput(path); err == nil {
			file.Close()
			t.Errorf("%s was opened", path)
		}
		if err := f.ReplaceOutput(path, nil); err == nil {
			t.Errorf("%s was replaced", path)
		}
	}
	if file, err := f.OpenOutput("/nowhere"); err == nil {
		file.Close()
		t.Error("a link to nothing was opened")
	}
	if err := f.ReplaceOutput("/sub/f", []byte("x")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(root, "sub"))
	info, serr := os.Stat(filepath.Join(root, "sub/f"))
	if err != nil || serr != nil || len(entries) != 1 || info.Mode() != 0o600 {
		t.Error(entries, info, err, serr)
	}
}
