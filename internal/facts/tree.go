package facts

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"converge/internal/fsys"
)

// maxFile bounds the bytes read of any one file.
const maxFile = 4 << 20

// readText returns a file's content, empty if it cannot be read.
func readText(t fsys.Files, name string) string {
	b, err := t.ReadFile(name, maxFile)
	if err != nil {
		return ""
	}
	return string(b)
}

func hasEntry(t fsys.Files, name string) bool {
	_, err := t.Stat(name)
	return err == nil
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readHead returns the first n bytes of a file of the running machine. The kernel generates files under /proc as they
// are read: an unread part costs nothing.
func readHead(path string, n int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, n))
	if err != nil {
		return ""
	}
	return string(b)
}
