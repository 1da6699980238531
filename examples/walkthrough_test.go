package examples

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"converge/internal/testhost"
)

// TestWalkthroughs runs the scripts of testdata that need no host: each goes through an example as a reader
// would try it. $EXAMPLES is this folder; root is a tree to converge.
func TestWalkthroughs(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, name := range []string{
		"cloud-init", "hello", "ideal-world", "image", "local-build", "nginx", "own-package", "private-repository", "roles", "unattended", "users",
	} {
		files = append(files, filepath.Join("testdata", name+".txtar"))
	}
	converge := testhost.Binary(t, "converge/cmd/converge")
	testscript.Run(t, testscript.Params{
		Files: files, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			bin := filepath.Join(env.WorkDir, "bin")
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			env.Setenv("EXAMPLES", here)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("NO_COLOR", "1")
			for _, dir := range []string{bin, filepath.Join(env.WorkDir, "root", "etc")} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return err
				}
			}
			return os.Symlink(converge, filepath.Join(bin, "converge"))
		},
	})
}
