package fsys_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"converge/internal/fsys"
)

// TestHeldLooksAsAnybodyWould: reads through held directories, more of them than are held at once, and from many
// goroutines, return the real state.
func TestHeldLooksAsAnybodyWould(t *testing.T) {
	root := t.TempDir()
	build(t, root, "d d", "l l d")
	for i := range 600 {
		build(t, root, fmt.Sprintf("d d/%d", i), fmt.Sprintf("f d/%d/f %d", i, i))
	}
	held := open(t, root).Hold()
	defer held.Forget()
	var compare fsys.Comparer
	var wg sync.WaitGroup
	for _, top := range []string{"/d", "/l", "/d/../d"} {
		wg.Go(func() {
			for i := range 600 {
				path := fmt.Sprintf("%s/%d/f", top, i)
				want := fmt.Sprint(i)
				if info, err := held.Lstat(path); err != nil || info.Type != fsys.Regular || info.Size != int64(len(want)) {
					t.Errorf("%s: %v, %v", path, info, err)
				}
				if same, err := compare.Equal(held, path, []byte(want)); !same || err != nil {
					t.Errorf("%s is another, %v", path, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestHeldForgets: a held directory stays the one that was opened; after Forget it is the present one.
func TestHeldForgets(t *testing.T) {
	root := t.TempDir()
	build(t, root, "d a", "f a/f old", "d b", "f b/f new", "l l a")
	held := open(t, root).Hold()
	defer held.Forget()
	read := func(path string) string {
		b, err := held.ReadFile(path, 100)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if got := read("/a/f") + read("/l/f"); got != "oldold" {
		t.Error(got)
	}
	for _, err := range []error{
		os.Rename(filepath.Join(root, "a"), filepath.Join(root, "c")), os.Rename(filepath.Join(root, "b"), filepath.Join(root, "a")),
		os.Remove(filepath.Join(root, "l")), os.Symlink("c", filepath.Join(root, "l")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	held.Forget()
	if got := read("/a/f") + read("/l/f"); got != "newold" {
		t.Error(got)
	}
	if got := read("/b/f"); !strings.Contains(got, "no such file") {
		t.Error(got)
	}
}
