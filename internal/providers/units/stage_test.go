package units

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/fsys"
)

// TestCandidatesHaveAPlace shows where candidates are written in a tree with only some of the usual folders, and that
// they are removed afterwards.
func TestCandidatesHaveAPlace(t *testing.T) {
	for _, c := range []struct {
		folders []string
		want    string
	}{
		{[]string{"run", "tmp"}, "/run"},
		{[]string{"tmp"}, "/tmp"},
		{[]string{"var/tmp"}, "/var/tmp"},
		{nil, "/"},
	} {
		root := t.TempDir()
		for _, dir := range c.folders {
			if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		fs, err := fsys.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		defer fs.Close()
		a := &analyzer{fs: fs}
		dir, remove, err := a.stage([]candidate{{path: "/etc/systemd/system/a.service", unit: "a.service", text: []byte("[Unit]\n")}})
		if err != nil || filepath.Dir(dir) != c.want {
			t.Errorf("%q: written to %q: %v", c.folders, dir, err)
			continue
		}
		if text, err := os.ReadFile(filepath.Join(root, dir, "a.service")); err != nil || string(text) != "[Unit]\n" {
			t.Errorf("%q: %q, %v", c.folders, text, err)
		}
		remove()
		if _, err := os.Lstat(filepath.Join(root, dir)); !os.IsNotExist(err) {
			t.Errorf("%q: the folder is left: %v", c.folders, err)
		}
	}
}
