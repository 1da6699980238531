package resource

import "testing"

func TestParseGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"*.conf", "a.conf", true},
		{"*.conf", "d/a.conf", false},
		{"**", "a", true},
		{"**", "a/b/c", true},
		{"**/*.conf", "a.conf", true},
		{"**/*.conf", "d/e/a.conf", true},
		{"d/**/x", "d/x", true},
		{"d/**/x", "d/e/f/x", true},
		{"d/**/x", "e/x", false},
		{"d/**", "d", true},
		{"?.[a-c]", "x.b", true},
		{"?.[a-c]", "x.d", false},
		{"a/b", "a", false},
		{"a", "a/b", false},
	} {
		match, err := ParseGlob(c.pattern)
		if err != nil || match(c.path) != c.want {
			t.Errorf("%q matches %q: want %v, %v", c.pattern, c.path, c.want, err)
		}
	}
	for _, bad := range []string{"", "/a", "a//b", "[", "a/"} {
		if _, err := ParseGlob(bad); err == nil {
			t.Errorf("%q is taken for a pattern", bad)
		}
	}
}

func FuzzParseGlob(f *testing.F) {
	f.Add("**/[a-z]*/x", "a/b/x")
	f.Fuzz(func(_ *testing.T, pattern, path string) {
		if match, err := ParseGlob(pattern); err == nil && len(pattern)+len(path) < 100 {
			match(path)
		}
	})
}
