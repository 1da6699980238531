package lsp

import (
	"fmt"
	"runtime/debug"
)

// describePanic is a panic for the log. It shows the place, and no value that may come
// from a manifest.
func describePanic(p any) string {
	return fmt.Sprintf("a mistake in converge (%T):\n%s", p, debug.Stack())
}
