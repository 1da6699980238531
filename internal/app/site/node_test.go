package site

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

// TestReadNodeBroken: an extra bracket in a file of the operator is an error with its place.
func TestReadNodeBroken(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "web.json")
	if err := os.WriteFile(broken, []byte(`{"role": "web"}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*Options{
		"--facts": {Facts: broken},
		"--node":  {Root: t.TempDir(), Nodes: []string{broken}},
	} {
		checkRefused(t, name, f, "Unexpected brace", `   1: {"role": "web"}}`)
	}
}

// TestReadNodePanic: a mistake in the code that reads the files is an error with the status of one. Missing options
// simulate it.
func TestReadNodePanic(t *testing.T) {
	checkRefused(t, "a panic", nil, "Internal error", "mistake in converge", "node.go:")
}

// checkRefused fails the test unless reading is refused with these words and this status.
func checkRefused(t *testing.T, name string, f *Options, words ...string) {
	t.Helper()
	var shown bytes.Buffer
	_, err := ReadNode(t.Context(), &environ.Env{Err: &shown}, f)
	var status *exit.Error
	if !errors.As(err, &status) || status.Code != exit.Failure {
		t.Errorf("%s: %v", name, err)
	}
	for _, w := range words {
		if !strings.Contains(strings.Join(strings.Fields(shown.String()), " "), strings.TrimSpace(w)) {
			t.Errorf("%s: no %q in\n%s", name, w, &shown)
		}
	}
}
