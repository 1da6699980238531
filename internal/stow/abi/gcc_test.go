package abi

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// workshop is a directory in which a test builds images with gcc.
type workshop struct {
	testing.TB
	dir string
}

func newWorkshop(t testing.TB) workshop {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		testhost.Cannot(t, "needs gcc and libc6-dev: it builds shared libraries")
	}
	return workshop{t, t.TempDir()}
}

func (w workshop) path(name string) string { return filepath.Join(w.dir, name) }

// write makes a file and its parents.
func (w workshop) write(name, text string) string {
	w.Helper()
	p := w.path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
	return p
}

// gcc compiles a source to a file of the workshop.
func (w workshop) gcc(out, source string, args ...string) {
	w.Helper()
	src := w.write(out+".c", source)
	w.run("gcc", append([]string{"-w", "-O1", "-o", w.path(out), src}, args...)...)
	if err := os.Remove(src); err != nil {
		w.Fatal(err)
	}
}

// library compiles a shared library; its soname is the base name of out, unless an argument sets another.
func (w workshop) library(out, source string, args ...string) {
	w.Helper()
	if !strings.Contains(strings.Join(args, " "), "-soname") {
		args = append(args, "-Wl,-soname,"+filepath.Base(out))
	}
	w.gcc(out, source, append([]string{"-shared", "-fPIC"}, args...)...)
}

func (w workshop) run(name string, args ...string) string {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "LD_LIBRARY_PATH=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (w workshop) link(text, name string) {
	w.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.Symlink(text, w.path(name)); err != nil {
		w.Fatal(err)
	}
}

// facts reads an image of the workshop, which must be sound.
func (w workshop) facts(image string) Facts {
	w.Helper()
	f, damaged := read(w.Context(), w, w.path(image))
	for _, d := range damaged {
		w.Error(d)
	}
	return f
}

func read(ctx context.Context, t testing.TB, dir string) (Facts, []*FileError) {
	t.Helper()
	f, damaged, err := Read(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, damaged
}

// throughFields returns facts after a conversion to control data and back.
func throughFields(t testing.TB, f Facts) Facts {
	t.Helper()
	values := map[string]string{}
	for _, field := range f.Fields() {
		values[field.Name] = field.Value
	}
	got, err := ParseFields(func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	return got
}
