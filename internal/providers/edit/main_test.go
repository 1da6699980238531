package edit

import (
	"os"
	"testing"

	"converge/internal/process"
)

func TestMain(m *testing.M) {
	process.RunHelper() // of checks
	os.Exit(m.Run())
}
