package apt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConffiles(t *testing.T) {
	const status = `Package: a
Status: install ok installed
Architecture: amd64
Conffiles:
 /etc/a.conf 0123
 /etc/a.old 4567 obsolete
Description: a
 /etc/not.a.conffile here

Package: b
Architecture: all
Conffiles:
 /etc/b.conf 89ab
`
	for name, want := range map[string][]string{
		"a": {"/etc/a.conf", "/etc/a.old"}, "a:amd64": {"/etc/a.conf", "/etc/a.old"}, "a:i386": nil,
		"b": {"/etc/b.conf"}, "b:amd64": {"/etc/b.conf"}, "c": nil, "": nil,
	} {
		if d := cmp.Diff(want, parseConffiles([]byte(status), name)); d != "" {
			t.Errorf("%q: %s", name, d)
		}
	}
}

func FuzzConffiles(f *testing.F) {
	f.Add([]byte("Package: a\nConffiles:\n /etc/a 1\n"), "a")
	f.Fuzz(func(t *testing.T, status []byte, name string) {
		for _, path := range parseConffiles(status, name) {
			if path == "" || path[0] != '/' {
				t.Errorf("%q is no path", path)
			}
		}
	})
}
