package journal

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestKeptHolesTakeNoSpace keeps a file with a second name, which is therefore copied.
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
