package abi

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// TestInspect shows everything that is read of one library, for both forms of the symbol table.
func TestInspect(t *testing.T) {
	for _, hash := range []string{"gnu", "sysv", "both"} {
		t.Run(hash, func(t *testing.T) {
			w := newWorkshop(t)
			script := w.write("map", "FOO_1.0 { global: foo; data; local: *; };\nFOO_1.1 { global: foo; } FOO_1.0;\n")
			w.library("lib/libbar.so.2", "int bar(void) { return 1; }")
			w.library("lib/libfoo.so.1", `
__asm__(".symver foo_old, foo@FOO_1.0\n.symver foo_new, foo@@FOO_1.1");
extern int bar(void);
extern __attribute__((weak)) int maybe(void);
int foo_old(void) { return bar(); }
int foo_new(void) { return maybe ? maybe() : 2; }
long data[3] = {1};
static int hidden(void) { return 3; }`,
				"-nostdlib", "-Wl,--hash-style="+hash, "-Wl,--version-script="+script, "-Wl,-rpath,/a:/b", w.path("lib/libbar.so.2"))
			o := w.inspect("lib/libfoo.so.1")
			slices.SortFunc(o.Exports, compareSymbols)
			if !o.Library || o.Soname != "libfoo.so.1" || o.RunPath != "/a:/b" {
				t.Errorf("%+v", o)
			}
			equal(t, "needed", o.Needed, []string{"libbar.so.2"})
			equal(t, "defined", o.Defined, []string{"FOO_1.0", "FOO_1.1"})
			equal(t, "exports", o.Exports, []Symbol{
				{Name: "data", Version: "FOO_1.0", Size: 3 * 8},
				{Name: "foo", Version: "FOO_1.0", Hidden: true},
				{Name: "foo", Version: "FOO_1.1"},
			})
			equal(t, "imports", o.Imports, []Use{{Arch: o.Arch, Name: "bar"}})
		})
	}
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %+v\nwant %+v", what, got, want)
	}
}

func (w workshop) inspect(name string) Object {
	w.Helper()
	o, ok, err := inspectBytes(w.bytes(name))
	if err != nil || !ok {
		w.Fatalf("%s: %v %v", name, ok, err)
	}
	return o
}

func (w workshop) bytes(name string) []byte {
	w.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.Fatal(err)
	}
	return data
}

func inspectBytes(data []byte) (Object, bool, error) {
	return Inspect(bytes.NewReader(data), int64(len(data)))
}

// TestAgainstSections reads the installed files of this machine both by segments and by sections, as debug/elf alone
// would.
func TestAgainstSections(t *testing.T) {
	var files []string
	for _, pattern := range []string{"/lib/*-linux-gnu/lib[cmz]*.so.*", "/usr/bin/[a-g]*", "/lib64/*.so*"} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	seen := 0
	for _, name := range files {
		seen += againstSections(t, name)
	}
	if seen == 0 {
		testhost.Cannot(t, "needs programs and libraries where Debian has them, to compare with")
	}
	t.Logf("%d files compared", seen)
}

func againstSections(t *testing.T, name string) int {
	f, err := elf.Open(name)
	if err != nil {
		return 0 // a script
	}
	defer f.Close()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	o, ok, err := inspectBytes(data)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if !ok {
		return 0
	}
	needed, _ := f.DynString(elf.DT_NEEDED)
	equal(t, name+": needed", o.Needed, needed)
	all, _ := f.DynamicSymbols()
	var exports, imports []string
	for _, s := range all {
		bind, seen := elf.ST_BIND(s.Info), elf.ST_VISIBILITY(s.Other)
		switch {
		case bind == elf.STB_LOCAL, s.Section == elf.SHN_ABS && s.Version == s.Name:
		case s.Section == elf.SHN_UNDEF && bind != elf.STB_WEAK:
			imports = append(imports, s.Name+"@"+s.Version)
		case s.Section != elf.SHN_UNDEF && (seen == elf.STV_DEFAULT || seen == elf.STV_PROTECTED):
			exports = append(exports, s.Name)
		}
	}
	var gotExports, gotImports []string
	for _, s := range o.Exports {
		gotExports = append(gotExports, s.Name)
	}
	for _, u := range o.Imports {
		if u.Copy { // defined here, according to the sections
			gotExports = append(gotExports, u.Name)
			continue
		}
		gotImports = append(gotImports, u.Name+"@"+u.Version)
	}
	equal(t, name+": exports", sortUnique(gotExports), sortUnique(exports))
	equal(t, name+": imports", sortUnique(gotImports), sortUnique(imports))
	return 1
}

// TestStripped shows that sections are not needed.
func TestStripped(t *testing.T) {
	w := newWorkshop(t)
	w.library("libfoo.so.1", fooV1)
	data := w.bytes("libfoo.so.1")
	want, _, err := inspectBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[0x28:0x30])
	clear(data[0x3a:0x40])
	got, ok, err := inspectBytes(data)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	equal(t, "exports", got.Exports, want.Exports)
}

// TestHostile truncates and damages real files everywhere. Nothing may panic, and the results must be as small as the
// input.
func TestHostile(t *testing.T) {
	w := newWorkshop(t)
	for _, data := range w.samples() {
		for n := 0; n < len(data); n += 61 {
			_, _, _ = inspectBytes(data[:n])
		}
		for i := range min(len(data), 6000) {
			bent := bytes.Clone(data)
			bent[i] ^= 0xff
			checkSane(t, bent)
		}
	}
}

// samples returns small files of each kind.
func (w workshop) samples() [][]byte {
	w.Helper()
	small := []string{"-nostdlib", "-s", "-Wl,-z,noseparate-code,--build-id=none"}
	script := w.write("map", "FOO_1.0 { global: foo_old; local: *; };\nFOO_1.1 { global: foo_new; } FOO_1.0;\n")
	w.library("libplain.so.1", fooV1, small...)
	w.library("libold.so.1", fooV1, append(small, "-Wl,--hash-style=sysv")...)
	w.library("libversioned.so.1", versioned, append(small, "-Wl,--version-script="+script)...)
	start := strings.Replace(userOfFoo, "main", "_start", 1)
	w.gcc("program", start, append(small, "-no-pie", "-fno-pie", w.path("libplain.so.1"))...)
	w.gcc("versioned", strings.Replace(userOfVersions, "main", "_start", 1), append(small, w.path("libversioned.so.1"))...)
	var all [][]byte
	for _, name := range []string{"libplain.so.1", "libold.so.1", "libversioned.so.1", "program", "versioned"} {
		all = append(all, w.bytes(name))
	}
	return all
}

func checkSane(t *testing.T, data []byte) {
	t.Helper()
	o, ok, err := inspectBytes(data)
	if ok == (err != nil) && ok {
		t.Fatal("both an object and an error")
	}
	total := 0
	for _, s := range o.Exports {
		total += len(s.Name)
	}
	for _, u := range o.Imports {
		total += len(u.Name)
	}
	if total > 16*len(data)+maxName {
		t.Fatalf("%d bytes of names out of a file of %d", total, len(data))
	}
}

func FuzzInspect(f *testing.F) {
	for _, data := range newWorkshop(f).samples() {
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(data[:100])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkSane(t, data)
		o, ok, err := inspectBytes(data)
		if !ok || err != nil {
			return
		}
		c := &collector{nameless: map[string]int{}}
		c.addObject("lib/x.so", o)
		roundTrip(t, c.toFacts())
	})
}
