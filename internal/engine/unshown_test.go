package engine

import (
	"fmt"
	"testing"
	"time"
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
	began := time.Now()
	if path, unshown := findUnshown(paths, paths); unshown {
		t.Fatal(path)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}
