package fsys_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/fsys"
)

// TestChangedMeanwhile: a file that another program has written since Look is neither replaced nor removed.
func TestChangedMeanwhile(t *testing.T) {
	for name, stage := range map[string]func(x *fsys.Txn, live fsys.Info) *fsys.Step{
		"file": func(x *fsys.Txn, live fsys.Info) *fsys.Step {
			return x.File("/f", live, fsys.File{Bytes: []byte("new")})
		},
		"link":   func(x *fsys.Txn, live fsys.Info) *fsys.Step { return x.Symlink("/f", "new", live) },
		"remove": func(x *fsys.Txn, live fsys.Info) *fsys.Step { return x.Remove("/f", live) },
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			at := filepath.Join(root, "f")
			if err := os.WriteFile(at, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := fsys.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			x := f.Begin("t")
			live, err := x.Look("/f")
			if err != nil {
				t.Fatal(err)
			}
			step := stage(x, live)
			if err := os.WriteFile(at, []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(x.Commit(t.Context()), step.Err()); !errors.Is(err, fsys.ErrChanged) {
				t.Error(err)
			}
			if got := whole(t, root); got != "/f 600 theirs" {
				t.Error(got)
			}
		})
	}
}
