package fsys_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"converge/internal/fsys"
)

func TestUntouched(t *testing.T) {
	dir := t.TempDir()
	d, err := fsys.OpenDirAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	info, err := d.Self()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "x")
	for _, c := range []struct {
		what  string
		since time.Time
		want  bool
	}{
		{"long after the last change", info.CTime.Add(time.Hour), true},
		{"right after it", info.CTime, false},
		{"before it", info.CTime.Add(-time.Hour), false},
		{"never", time.Time{}, false},
	} {
		if got, err := d.Untouched(c.since); err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", c.what, got, err, c.want)
		}
	}
	// No user can set an earlier change time of a directory.
	if err := os.Symlink("x", name); err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, before, before); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Untouched(info.CTime.Add(time.Millisecond)); err != nil || got {
		t.Errorf("after a change: %v, %v", got, err)
	}
}
