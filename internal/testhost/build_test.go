package testhost

import (
	"os"
	"path/filepath"
	"testing"
)

// A second test process of a source tree gets the program that the first has built.
func TestProgramsAreBuiltOnce(t *testing.T) {
	t.Setenv("TESTHOST_DIR", t.TempDir())
	var infos []os.FileInfo
	for _, process := range []string{"first", "second"} {
		own := filepath.Join(dir(), process)
		if err := os.Mkdir(own, 0o755); err != nil {
			t.Fatal(err)
		}
		name, err := build(t.Context(), own, "prepare", "build", "converge/internal/testhost/prepare")
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(own, name))
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, info)
	}
	if !os.SameFile(infos[0], infos[1]) {
		t.Error("the second process has linked the program again")
	}
}
