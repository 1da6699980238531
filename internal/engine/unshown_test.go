package engine

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFindUnshown(t *testing.T) {
	for _, c := range []struct {
		shown, now []string
		want       string
	}{
		{nil, nil, ""},
		{nil, []string{"/a"}, "/a"},
		{[]string{"/a", "/b"}, []string{"/b"}, ""},
		{[]string{"/a"}, []string{"/a", "/c", "/b"}, "/c"},
	} {
		if got, _ := findUnshown(c.shown, c.now); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.now, c.shown, got, c.want)
		}
	}
}

// TestManyPathsAreComparedOnce shows that a purge of many files is not compared by pairs, which
// would take minutes here.
func TestManyPathsAreComparedOnce(t *testing.T) {
	paths := make([]string, 400_000)
	for i := range paths {
		paths[i] = fmt.Sprintf("/srv/%06d", i)
	}
	began := processorTime(t)
	if path, unshown := findUnshown(paths, paths); unshown {
		t.Fatal(path)
	}
	if took := processorTime(t) - began; took > 30*time.Second {
		t.Errorf("it took %s of a processor", took)
	}
}

// processorTime returns what the process has computed so far, which other processes do not lengthen.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
