package store_test

import (
	"strings"
	"testing"

	"converge/internal/stow/store"
)

func TestParseArg(t *testing.T) {
	for _, c := range []struct {
		word string
		want store.Arg
		bad  string
	}{
		{"foo", store.Arg{Package: "foo"}, ""},
		{"foo///", store.Arg{Package: "foo"}, ""},
		{"foo/1.0", store.Arg{Package: "foo", Part: "1.0"}, ""},
		{"foo/1.0/", store.Arg{Package: "foo", Part: "1.0"}, ""},
		{"foo/:config", store.Arg{Package: "foo", Part: ":config"}, ""},
		{"foo/::1", store.Arg{Package: "foo", Part: "::1"}, ""},
		{"foo/a b\n\xff", store.Arg{Package: "foo", Part: "a b\n\xff"}, ""},
		{".", store.Arg{Package: "."}, ""},
		{"", store.Arg{}, ""},
		{"..", store.Arg{Package: ".."}, ""},
		{":x", store.Arg{Package: ":x"}, ""},
		{":views", store.Arg{}, "belongs to the stow directory"},
		{"foo/:installed", store.Arg{}, "reserved"},
		{"foo/:x", store.Arg{}, "reserved"},
		{"a/b/c", store.Arg{}, "Slashes are not permitted in package names"},
		{"a//b", store.Arg{}, "Slashes are not permitted in package names"},
		{"/a", store.Arg{}, "Slashes are not permitted in package names"},
		{"./a", store.Arg{}, "Slashes are not permitted in package names"},
		{"foo/..", store.Arg{}, "Slashes are not permitted in package names"},
		{":foo/1", store.Arg{}, "Slashes are not permitted in package names"},
	} {
		got, err := store.ParseArg(c.word)
		if got != c.want || (err != nil) != (c.bad != "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("ParseArg(%q) = %+v, %v", c.word, got, err)
		}
		if err != nil && store.ExitCode(err) != 1 {
			t.Errorf("ParseArg(%q): exit %d", c.word, store.ExitCode(err))
		}
	}
}

// FuzzParseArg: an accepted word names one directory below the stow directory, and parses to the same again.
func FuzzParseArg(f *testing.F) {
	for _, s := range []string{"foo/1.0", "foo/:config", "a/../b", ":views", "foo/", "\x00/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		a, err := store.ParseArg(word)
		if err != nil || a.Part == "" {
			return
		}
		if a.Part == ".." || a.Package == ".." || strings.Contains(a.Part, "/") || strings.Contains(a.Package, "/") {
			t.Errorf("%q leads to %+v", word, a)
		}
		if b, err := store.ParseArg(a.String()); b != a || err != nil {
			t.Errorf("%q: %+v, then %+v, %v", word, a, b, err)
		}
	})
}
