package tool

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMaxAge(t *testing.T) {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	hour, none := time.Hour, time.Duration(0)
	for _, c := range []struct {
		name    string
		limit   *time.Duration
		fetched time.Time
		latest  bool
		why     string
	}{
		{"any version", nil, ago(1000 * time.Hour), false, ""},
		{"the latest, by a new index", nil, ago(23 * time.Hour), true, ""},
		{"the latest, by an old index", nil, ago(25 * time.Hour), true, "the lists are more than a day old"},
		{"never fetched", nil, time.Time{}, true, "the lists are more than a day old"},
		{"within the limit", &hour, ago(time.Minute), true, ""},
		{"beyond the limit", &hour, ago(2 * time.Hour), false, "the lists are older than max_age, which is 1h0m0s"},
		{"always", &none, ago(time.Minute), false, "the lists are older than max_age, which is 0s"},
		{"always, but fetched by this run", &none, time.Now().Add(time.Minute), false, ""},
	} {
		if got := NewMaxAge(c.limit).WhyStale("the lists", c.fetched, c.latest); got != c.why {
			t.Errorf("%s: %q, want %q", c.name, got, c.why)
		}
	}
}

func TestMakeFolder(t *testing.T) {
	root := t.TempDir()
	h := &Host{Root: root}
	if dir, err := h.MakeFolder("x-"); err == nil {
		t.Error("a tree without a /tmp:", dir)
	}
	if err := os.Mkdir(filepath.Join(root, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := h.MakeFolder("x-", "a", "a/b")
	if _, statErr := os.Stat(filepath.Join(dir, "a/b")); err != nil || statErr != nil || filepath.Dir(dir) != filepath.Join(root, "tmp") {
		t.Error(dir, err, statErr)
	}
	if dir, err := h.MakeFolder("y-", "not/there"); err == nil {
		t.Error(dir)
	}
	if left, err := filepath.Glob(filepath.Join(root, "tmp/y-*")); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}
