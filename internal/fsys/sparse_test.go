package fsys

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// TestSparseWriter writes blocks of zeros and of data in pieces of any size: the file has that content, and no more
// blocks than necessary.
func TestSparseWriter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		var content []byte
		for range rapid.IntRange(0, 6).Draw(rt, "runs") {
			n := rapid.IntRange(1, 3*sparseBlock).Draw(rt, "length")
			content = append(content, bytes.Repeat([]byte{byte(rapid.IntRange(0, 1).Draw(rt, "byte"))}, n)...)
		}
		w := &SparseWriter{File: f}
		for rest := content; len(rest) > 0; {
			n := min(rapid.IntRange(1, 2*sparseBlock).Draw(rt, "piece"), len(rest))
			if m, err := w.Write(rest[:n]); m != n || err != nil {
				rt.Fatal(m, err)
			}
			rest = rest[n:]
		}
		if err := w.End(); err != nil {
			rt.Fatal(err)
		}
		got, err := os.ReadFile(f.Name())
		if err != nil || !bytes.Equal(got, content) {
			rt.Fatalf("another content, %v", err)
		}
	})
}
