package abi

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// TestRead shows which files of an image are read.
func TestRead(t *testing.T) {
	w := newWorkshop(t)
	w.library("foo/lib/libcore.so.1", "int core(void) { return 1; }", "-nostdlib")
	w.library("foo/lib/libfoo.so.1.2", "extern int core(void);\nint foo(void) { return core(); }", "-nostdlib",
		"-Wl,-soname,libfoo.so.1", w.path("foo/lib/libcore.so.1"))
	w.link("libfoo.so.1.2", "foo/lib/libfoo.so.1")
	w.gcc("foo/lib/bare-1.so", "int bare(void) { return 1; }", "-shared", "-fPIC", "-nostdlib")
	w.link("bare-1.so", "foo/lib/libbare.so")
	w.library("outside/libsecret.so.1", "int secret(void) { return 1; }", "-nostdlib")
	w.link("../../outside/libsecret.so.1", "foo/lib/libsecret.so.1")
	w.link("../../outside", "foo/lib/outside")
	w.link("loop", "foo/lib/loop")
	w.gcc("foo/lib/object.o", "int object;", "-c")
	w.gcc("foo/bin/a b\n\xff", "extern int foo(void), bare(void), secret(void);\nint main(void) { return foo() + bare() + secret(); }",
		"-L"+w.path("foo/lib"), w.path("foo/lib/libfoo.so.1"), "-lbare", w.path("outside/libsecret.so.1"), "-Wl,-rpath,/x::/y",
		"-Wl,-rpath-link,"+w.path("foo/lib"))
	w.write("foo/bin/script", "#!/bin/sh\n")
	w.write("foo/bin/empty", "")
	if err := syscall.Mkfifo(w.path("foo/bin/fifo"), 0o666); err != nil {
		t.Fatal(err)
	}

	f := w.facts("foo")
	roundTrip(t, f)
	var libs []string
	for _, l := range f.Libraries {
		libs = append(libs, strings.Join(append([]string{l.Soname}, l.Through...), "+"))
	}
	equal(t, "libraries", libs, []string{"bare-1.so", "libbare.so", "libcore.so.1", "libfoo.so.1+libcore.so.1"})
	s := Suppliers{}
	s.Add("glibc", Facts{Libraries: []Library{{Soname: "libc.so.6", Arch: f.Links[0].Arch}}})
	f = f.Resolve(s.Find)
	if len(f.Links) != 2 || f.Links[0].FOO != "glibc" || f.Links[1].Soname != "libsecret.so.1" || f.Links[1].FOO != "" || f.Links[1].RunPath != "/x:/y" {
		t.Errorf("links: %+v", f.Links)
	}
	for _, u := range f.Uses {
		if u.Soname == "" && u.Name != "secret" {
			t.Errorf("it uses %+v of others", u)
		}
	}
}

// TestReadDamaged reports the damaged file and reads the others.
func TestReadDamaged(t *testing.T) {
	w := newWorkshop(t)
	w.library("foo/lib/libfoo.so.1", fooV1)
	w.write("foo/lib/cut", string(w.bytes("foo/lib/libfoo.so.1")[:4000]))
	w.write("foo/lib/header", "\x7fELF")
	huge := w.write("foo/lib/huge", string(w.bytes("foo/lib/libfoo.so.1")[:64]))
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Fatal(err)
	}
	f, damaged := read(t.Context(), t, w.path("foo"))
	if len(f.Libraries) != 1 {
		t.Errorf("%+v", f.Libraries)
	}
	var got []string
	for _, d := range damaged {
		got = append(got, d.Error())
	}
	equal(t, "damaged", got, []string{
		`cannot read "lib/cut": damaged ELF file: a table lies outside the file`,
		`cannot read "lib/header": damaged ELF file: its header is cut short`,
	})
}

// TestReadFails distinguishes a failing system from a damaged file.
func TestReadFails(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := errors.Join(root.Mkdir("lib", 0o755), root.WriteFile("lib/x.so", nil, 0o644), root.Symlink("x.so", "lib/\xff")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(t.Context(), root.Name()); err != nil {
		t.Errorf("a link whose name is not UTF-8: %v", err)
	}
	_, _, err = readImage(t.Context(), root, func(string) (*os.File, error) { return nil, syscall.EIO })
	if !errors.Is(err, syscall.EIO) || err.Error() != `cannot read the image: cannot read "lib/x.so": input/output error` {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Read(ctx, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestMerge shows that of two libraries with one name only the common exports count.
func TestMerge(t *testing.T) {
	m := newMerger()
	a := Object{Arch: "64-x86_64", Library: true, Soname: "libx.so.1", Needed: []string{"liby.so"}, Exports: []Symbol{{Name: "one"}, {Name: "two"}}}
	b := a
	b.Needed, b.Exports = nil, []Symbol{{Name: "two"}, {Name: "three"}}
	m.addOffer(a)
	m.addOffer(b)
	f := m.toFacts()
	want := []Library{{Soname: "libx.so.1", Arch: "64-x86_64", Symbols: []Symbol{{Name: "two"}}}}
	if !reflect.DeepEqual(f.Libraries, want) {
		t.Errorf("%+v", f.Libraries)
	}
	roundTrip(t, f)
}
