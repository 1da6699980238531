package ignore

import (
	"errors"
	"testing"

	"converge/internal/stow/farm"
	"converge/internal/stow/perlre"
)

// FuzzList checks that any list either compiles or names the place of its error, and that every ignored path has a
// reason.
func FuzzList(f *testing.F) {
	f.Add(builtInText, "a/README")
	f.Add("a\\#b # c\n^/x/y$\n(?!k).*\n(.)\\1", "x/y")
	f.Fuzz(func(t *testing.T, text, path string) {
		if len(text) > 300 || len(path) > 100 || path == "" {
			return
		}
		l, err := newFileList("f", text)
		if err != nil {
			if e, ok := errors.AsType[*perlre.Error](err); !ok || e.Offset < 0 {
				t.Fatalf("%v has no place", err)
			}
			return
		}
		ok, err := l.matchesPath(path)
		if err != nil {
			return
		}
		if r := l.findReason(path); ok && r.File == "" {
			t.Fatalf("%q is ignored for no reason: %v", path, r)
		}
	})
}

func BenchmarkIgnored(b *testing.B) {
	local := "stow/p/.stow-local-ignore"
	for name, r := range map[string]*files{
		"built-in": {},
		"file":     {text: map[string]string{local: builtInText}},
		"names":    {text: map[string]string{local: "\\.git\n.*\\.o\n.*~\nMakefile"}},
	} {
		l := New(r.ReadList, "", nil)
		paths := []string{"share/doc/pkg/file-0123.txt", "bin/tool", "lib/libx.so.1.2.3", "include/x/y/z.h"}
		if _, err := l.Ignored(p, "x"); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				if ok, err := l.Ignored(p, paths[i&3]); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
	b.Run("first", func(b *testing.B) { // the cost of a folded package
		b.ReportAllocs()
		for range b.N {
			if ok, err := New((&files{}).ReadList, "", nil).Ignored(p, "bin"); ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}

var (
	_ farm.Ignorer = (*Lists)(nil)
	_ farm.Matcher = (*Pattern)(nil)
)
