package inspect_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/inspect"
)

// TestControlDataOfRealLibraries builds a library and a program that links to it, and writes control data for both.
func TestControlDataOfRealLibraries(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Fatal("this needs gcc to build what it inspects: ", err)
	}
	root := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	build := func(args ...string) {
		if out, err := exec.CommandContext(t.Context(), gcc, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	lib := filepath.Join(root, "s/bar/2.0/lib/libbar.so.2")
	write("s/bar/2.0/share/x", "")
	write("s/foo/1.0/share/x", "")
	for _, d := range []string{"s/bar/2.0/lib", "s/foo/1.0/bin"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	build("-shared", "-fPIC", "-Wl,-soname,libbar.so.2", "-o", lib, write("bar.c", "int bar(void) { return 1; }\n"))
	build("-o", filepath.Join(root, "s/foo/1.0/bin/foo"), write("foo.c", "int bar(void); int main(void) { return bar(); }\n"), lib)
	if err := os.Symlink("2.0", filepath.Join(root, "s/bar/:installed")); err != nil {
		t.Fatal(err)
	}
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	store := control.Store{Disk: control.OnDisk(fs), Dir: "/s"}
	for _, p := range []string{"bar/2.0", "foo/1.0"} {
		o := control.WriteOptions{Package: p[:3], Version: p[4:], By: "test"}
		if _, err := inspect.WriteControl(t.Context(), fs, "/s", o, func(err error) { t.Error(err) }); err != nil {
			t.Fatal(err)
		}
	}
	bar, err := store.Find(t.Context(), "bar", "2.0", control.Manager)
	if err != nil || bar.Value("Provides-ABI") != "libbar.so.2" {
		t.Errorf("bar: %v, %v", bar, err)
	}
	foo, err := store.Find(t.Context(), "foo", "1.0", control.Manager)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(foo.BuiltWith, " ", foo.Generated.Fields[:2])
	if want := "[{bar 2.0}] [Built-With ABI-Machine]"; got != want {
		t.Errorf("%s, want %s\n%s", got, want, foo.Document.Bytes())
	}
	if links := foo.Value("Link-Depends"); len(links) < 21 || links[:21] != "bar abi(libbar.so.2);" {
		t.Errorf("Link-Depends: %s", links)
	}
}
