package ownership

import "testing"

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
