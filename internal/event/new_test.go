package event

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"converge/internal/resource"
)

// TestNewContent compares the difference of a new content with what the library makes of it.
func TestNewContent(t *testing.T) {
	for _, content := range []string{
		"", "\n", "\n\n", "a", "a\n", "a\nb", "a\nb\n", "a\n\n", "same\nsame\nsame\n", "\r\n", "\\ No newline\n", "+a\n-b\n@@ -1 +1 @@\n", strings.Repeat("x\n", 300), strings.Repeat("é", 9) + "\n\t",
	} {
		_, want, _ := strings.Cut(string(diff.Diff("live", nil, "content", []byte(content))), "\n")
		for _, have := range []*resource.Blob{nil, resource.BytesBlob(nil)} {
			if got := unified("content", have, resource.BytesBlob([]byte(content))); got != want {
				t.Errorf("%q: got %q, want %q", content, got, want)
			}
		}
	}
}
