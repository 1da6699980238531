package lsp

import (
	"fmt"
	"runtime/debug"
)

// describePanic describes a panic for the log. It shows the place, but no value, which may come from a manifest.
func describePanic(p any) string {
	return fmt.Sprintf("a mistake in converge (%T):\n%s", p, debug.Stack())
}
