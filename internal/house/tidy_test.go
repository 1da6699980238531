package house_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTidy checks that go.mod and go.sum name what is used, and nothing else.
func TestTidy(t *testing.T) {
	cmd := exec.Command("go", "mod", "tidy", "-diff")
	cmd.Dir = root(t)
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
	case strings.Contains(string(out), "diff current/"):
		t.Errorf("run: go mod tidy\n%s", out)
	default:
		// Tests of dependencies name modules that no build needs.
		t.Skipf("go mod tidy needs modules that cannot be fetched here: %v\n%s", err, out)
	}
}
