package pkgrepo

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/pack"
)

// fuzzReader passes packages and mutations of them to a reader: it returns an error or a package, without a panic or
// excessive memory.
func fuzzReader(f *testing.F, format string, read func(r *bytes.Reader) error) {
	var b bytes.Buffer
	p := pack.Package{
		Name: "app", Version: "1.0", Relations: pack.Relations{Depends: []string{"x >= 1"}},
		Files: []pack.File{{Path: "/usr/bin/app", Content: []byte("x")}},
	}
	if err := pack.Build(context.Background(), p, format, &b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	for _, n := range []int{0, 8, 70, 96, 112, 200, b.Len() / 2, b.Len() - 1} {
		f.Add(b.Bytes()[:min(n, b.Len())])
	}
	if err := read(bytes.NewReader(b.Bytes())); err != nil {
		f.Errorf("a good package is refused: %v", err)
	}
	f.Fuzz(func(_ *testing.T, b []byte) { _ = read(bytes.NewReader(b)) })
}

func FuzzDeb(f *testing.F) {
	fuzzReader(f, pack.Deb, func(r *bytes.Reader) error {
		control, err := readDebControl(r)
		if err == nil {
			_, err = controlFields(control)
		}
		return err
	})
}

func FuzzRPM(f *testing.F) {
	fuzzReader(f, pack.RPM, func(r *bytes.Reader) error {
		m, err := readRPM(r)
		if err == nil {
			_, err = marshal(primaryOf([]Package{{meta: m}}))
			_, _ = marshal(otherOf([]Package{{meta: m}}))
			_, _ = marshal(fileListsOf([]Package{{meta: m}}))
			m.signatures.withSignatures([]byte("a"), []byte("b"))
		}
		return err
	})
}

func FuzzArch(f *testing.F) {
	fuzzReader(f, pack.Arch, func(r *bytes.Reader) error {
		_, err := readArch(r)
		return err
	})
}

func FuzzAPK(f *testing.F) {
	fuzzReader(f, pack.APK, func(r *bytes.Reader) error {
		_, err := readAPK(r)
		return err
	})
}

// TestHostileNames: the name that a package declares becomes a path and a line.
func TestHostileNames(t *testing.T) {
	for _, p := range []Package{
		{Name: "../../etc/x", Version: "1", Arch: "all"},
		{Name: "x", Version: "1/../../x", Arch: "all"},
		{Name: "x", Version: "1\nFilename: y", Arch: "all"},
		{Name: "x", Version: "1", Arch: ".."},
		{Name: "", Version: "1", Arch: "all"},
		{Name: "-x", Version: "1", Arch: "all"},
	} {
		if err := p.check(); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
	for _, text := range []string{"Package: a\n\nPackage: b\n", "Package: a\nPackage: b\n", "nonsense\n"} {
		if _, err := controlFields(text); err == nil {
			t.Errorf("%q is a control file", text)
		}
	}
}

// TestSignedHeaderKeepsTags: a signed header can be read again, and other tags stay.
func TestSignedHeaderKeepsTags(t *testing.T) {
	f := newFolder(t)
	f.keys("one")
	f.add("1.0", "one", pack.RPM)
	before, err := os.ReadFile(filepath.Join(f.dir, "app-1.0-1.noarch.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	f.update()
	var after []byte
	for name, content := range f.files() {
		if filepath.Ext(name) == ".rpm" {
			after = []byte(content)
		}
	}
	a, errA := readRPM(bytes.NewReader(before))
	b, errB := readRPM(bytes.NewReader(after))
	if errA != nil || errB != nil || a.unsigned != b.unsigned {
		t.Fatalf("%v, %v: what is signed has changed", errA, errB)
	}
	for _, tag := range []int{1000, 1007} { // size, payload size
		if x, y := a.signatures.number(tag), b.signatures.number(tag); x == 0 || x != y {
			t.Errorf("tag %d was %d, and is %d", tag, x, y)
		}
	}
	if a.signatures.bytes(sigTagRSA) != nil || b.signatures.bytes(sigTagRSA) == nil || b.signatures.bytes(sigTagPGP) == nil {
		t.Error("it is not signed")
	}
	if again := b.signatures.withSignatures(b.signatures.bytes(sigTagRSA), b.signatures.bytes(sigTagPGP)); !bytes.HasPrefix(again, b.signatures.raw) {
		t.Error("the same signatures make another header")
	}
}
