package files

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"converge/internal/resource"
)

// isVirtual reports whether a path is an interface of the kernel. It asks the
// machine only about paths below /proc and /sys.
func (c *contents) isVirtual(path string) bool {
	if !strings.HasPrefix(path, "/proc/") && !strings.HasPrefix(path, "/sys/") {
		return false
	}
	is, err := c.held.Virtual(path)
	return err == nil && is
}

// maxVirtual is how much, in bytes, is read from an interface and written to it:
// the kernel takes a page.
const maxVirtual = 64 << 10

// isSameVirtual compares the content of an interface with the wanted one. The
// kernel ends lines and separates words as it likes.
func (c *contents) isSameVirtual(path string, want *resource.Blob) (bool, error) {
	live, err := c.held.ReadFile(path, maxVirtual)
	if err != nil {
		return false, err
	}
	words := bytes.Join(bytes.Fields(live), []byte(" "))
	if want.Size < 0 { // known by its digest: in one of the forms in which it may have been written
		for _, form := range [][]byte{live, bytes.TrimSuffix(live, []byte("\n")), words, append(bytes.Clone(words), '\n')} {
			if same, err := isSameDigest(resource.BytesBlob(form), want); same || err != nil {
				return same, err
			}
		}
		return false, nil
	}
	content, err := readVirtualContent(want)
	return err == nil && bytes.Equal(words, bytes.Join(bytes.Fields(content), []byte(" "))), err
}

// readVirtualContent reads a content that is wanted of an interface.
func readVirtualContent(want *resource.Blob) ([]byte, error) {
	r, err := want.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxVirtual+1))
	if err == nil && len(b) > maxVirtual {
		err = fmt.Errorf("it is longer than %d bytes", maxVirtual)
	}
	return b, err
}

// refuseVirtual refuses a state that an interface of the kernel cannot have.
func (l *location) refuseVirtual(c *change) error {
	r := &c.request
	switch {
	case r.IsAbsent() && !l.gone:
		return fmt.Errorf("cannot remove %q: it is an interface of the kernel's", l.path)
	case l.gone && !r.IsAbsent():
		return fmt.Errorf("cannot create %q: the kernel has no such interface (is a module not loaded?)", l.path)
	case r.Backup.Set:
		return fmt.Errorf("cannot back up %q: it is an interface of the kernel's", l.path)
	case strings.HasPrefix(l.path, "/proc/sys/") && (c.Differs("mode") || c.Differs("owner") || c.Differs("group")):
		return fmt.Errorf("cannot change mode or owner of %q: the kernel has settings keep theirs", l.path)
	}
	return nil
}
