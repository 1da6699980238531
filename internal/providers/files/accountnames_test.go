package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/userdb"
)

// The name and the number of an account are one in an owner and in a group, each
// by its own file; a name that there is not is that of nobody.
func TestNameOneAccount(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"passwd": "root:x:0:0::/root:/bin/sh\nweb:x:800:900::/:/bin/sh\n", "group": "root:x:0:\nweb:x:900:\n",
	} {
		if err := os.WriteFile(filepath.Join(root, "etc", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	p := files.New(files.Options{FS: f, Accounts: userdb.New(root)})
	for _, c := range []struct {
		attr, a, b string
		want       bool
	}{
		{"owner", "root", "0", true},
		{"owner", "800", "web", true},
		{"group", "900", "web", true},
		{"group", "800", "web", false},
		{"owner", "nobody-here", "801", false},
	} {
		if got := p.NameOneAccount(t.Context(), c.attr, c.a, c.b); got != c.want {
			t.Errorf("%s %s and %s: %t", c.attr, c.a, c.b, got)
		}
	}
}
