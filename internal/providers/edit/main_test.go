package edit

import (
	"os"
	"strings"
	"testing"

	"converge/internal/process"
)

func TestMain(m *testing.M) {
	process.RunHelper() // of checks
	if os.Args[0] == inTree {
		text, err := os.ReadFile(os.Args[1])
		if err != nil || strings.Contains(string(text), "777") {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inTree is the path at which this program is a check inside a tree.
const inTree = "/bin/check"
