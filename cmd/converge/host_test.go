package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"converge/internal/testhost"
)

// TestHost runs each script of testdata/host on a machine of its own, with real
// systemd and real apt. A first line "# image: full" asks for another image.
func TestHost(t *testing.T) {
	scripts, err := filepath.Glob("testdata/host/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			if testhost.Inside() {
				runOnThisHost(t, script)
				return
			}
			t.Parallel()
			h := testhost.Start(t, testhost.Options{Image: imageOf(t, script), Repo: true})
			testhost.RunInside(t, h, t.Name())
		})
	}
}

func runOnThisHost(t *testing.T, script string) {
	testscript.Run(t, testscript.Params{
		Files:               []string{script},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// What a service of the scripts says of itself.
			return os.WriteFile("/run/probe.log", nil, 0o644)
		},
	})
}

func imageOf(t *testing.T, script string) string {
	data, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	if image, ok := strings.CutPrefix(first, "# image: "); ok {
		return image
	}
	return "base"
}
