package system

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// host makes a root with files: "path = content", with \n in the content, and "path = -> text" for a link.
func host(t testing.TB, files ...string) (string, *fsys.FS) {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		name, content, _ := strings.Cut(f, " = ")
		put(t, filepath.Join(root, name), strings.ReplaceAll(content, `\n`, "\n"))
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return root, f
}

// put replaces a file or, with "-> text", a link.
func put(t testing.TB, at, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	if err == nil {
		err = os.RemoveAll(at)
	}
	if target, ok := strings.CutPrefix(content, "-> "); err == nil && ok {
		err = os.Symlink(target, at)
	} else if err == nil {
		err = os.WriteFile(at, []byte(content), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// dump describes all files below a root, with their times if stat is set.
func dump(t testing.TB, root string, stat bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.Readlink(at)
		if err != nil {
			content, err := os.ReadFile(at)
			if err != nil {
				return err
			}
			text = string(content)
		}
		b.WriteString(strings.TrimPrefix(at, root) + " " + info.Mode().String() + " " + text + "\n")
		if stat {
			b.WriteString(info.ModTime().String() + "\n")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func worldOf(root string, p resource.Provider) *resourcetest.World {
	return &resourcetest.World{
		Provider: p, Root: root,
		Fingerprint: func(t testing.TB) string { return dump(t, root, true) },
		Dump:        func(t testing.TB) string { return dump(t, root, false) },
	}
}

// change returns a drift that gives a file another content; "" removes it.
func change(path, content string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if content == "" {
			if err := os.Remove(w.Root + path); err != nil {
				t.Fatal(err)
			}
		} else {
			put(t, w.Root+path, content)
		}
		if i, ok := w.Provider.(resource.Invalidator); ok {
			i.Invalidate(nil)
		}
	}
}

// holds checks files, given as path, content, and so on.
func holds(pairs ...string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			got, err := os.Readlink(w.Root + pairs[i])
			if got = "-> " + got; err != nil {
				text, _ := os.ReadFile(w.Root + pairs[i]) // "" if it is missing
				got = string(text)
			}
			if got != pairs[i+1] {
				t.Errorf("%s holds %q, want %q", pairs[i], got, pairs[i+1])
			}
		}
	}
}
