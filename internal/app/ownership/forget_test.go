package ownership

import (
	"testing"

	"converge/internal/journal"
	"converge/internal/resource"
)

func TestMatchKey(t *testing.T) {
	for _, c := range []struct {
		name, key string
		want      bool
	}{
		{"path:/a", "path:/a", true},
		{"path:/a", "path:/a/b", false},
		{"path:/a/*", "path:/a/b/c", true},
		{"path:/a/*", "path:/a", false},
		{"path:/a/*", "path:/a/", true},
		{"path:/*/c", "path:/a/b/c", true},
		{"path:/*/c", "path:/a/c/d", false},
		{"*", "package:x", true},
		{"path:*a*b", "path:ab", true},
		{"path:*a*b", "path:ba", false},
		{"path:*ab", "path:aab", true},
		{"path:**", "path:", true},
		{"path:/a*", "path:/", false},
		{"path:/a*b", "path:/a*b", true},
	} {
		if got := MatchKey(c.name, c.key); got != c.want {
			t.Errorf("%q means %q: %v", c.name, c.key, got)
		}
	}
}

// TestMeans shows which names match a part of a file.
func TestMeans(t *testing.T) {
	part := journal.LedgerEntry{Key: "part:/etc/a.ini#ini a", Addr: resource.Addr{Kind: "setting", Name: "a"}}
	for name, want := range map[string]bool{
		"part:/etc/a.ini#ini a": true, "path:/etc/a.ini#ini a": true, "path:/etc/a.ini#*": true, "path:/etc/a.ini": true, "setting.a": true,
		"path:/etc/a.ini#ini b": false, "path:/etc/b.ini#ini a": false, "path:/etc": false, "package:/etc/a.ini#ini a": false,
	} {
		if got := Means(name, part); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
