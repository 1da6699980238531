package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// TestSparseWriter writes blocks of zeros and of data in pieces of any size:
// the file holds what was written, and no more blocks than it needs.
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
		w := &sparseWriter{f: f}
		for rest := content; len(rest) > 0; {
			n := min(rapid.IntRange(1, 2*sparseBlock).Draw(rt, "piece"), len(rest))
			if m, err := w.Write(rest[:n]); m != n || err != nil {
				rt.Fatal(m, err)
			}
			rest = rest[n:]
		}
		if err := f.Truncate(w.at); err != nil {
			rt.Fatal(err)
		}
		got, err := os.ReadFile(f.Name())
		if err != nil || !bytes.Equal(got, content) {
			rt.Fatalf("another content, %v", err)
		}
	})
}

// TestKeptHolesTakeNoSpace keeps a file with a second name, which is copied.
func TestKeptHolesTakeNoSpace(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "state"))
	write(t, dir+"/f", "start", 0o600)
	if err := os.Truncate(dir+"/f", 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(dir+"/f", dir+"/g"); err != nil {
		t.Fatal(err)
	}
	digest, err := keepAt(t.Context(), s, dir+"/f")
	if err != nil {
		t.Fatal(err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(filepath.Join(dir, "state", s.blobName(digest)), &st); err != nil || st.Size != 64<<20 || st.Blocks*512 > 1<<20 {
		t.Errorf("it is %d bytes long and takes %d, %v", st.Size, st.Blocks*512, err)
	}
}
