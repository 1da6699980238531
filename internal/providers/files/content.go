package files

import (
	"io"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// contents reads the contents of files and compares them with wanted ones.
type contents struct {
	held     *fsys.Held
	comparer fsys.Comparer
	stop     func() error // see Options.Stop
}

// isSame compares as cheaply as the wanted content allows: sizes first, then bytes in memory, then bytes that are read
// in parallel. It only computes a digest for a content that is still to be fetched.
func (c *contents) isSame(at location, want *resource.Blob) (bool, error) {
	if at.info.Size == 0 && c.isVirtual(at.path) {
		return c.isSameVirtual(at.path, want)
	}
	if want.Size >= 0 && want.Size != at.info.Size {
		return false, nil
	}
	if b, ok := want.Bytes(); ok {
		return c.comparer.Equal(c.held, at.path, b)
	}
	if want.Size < 0 {
		return isSameDigest(c.readBlob(at), want)
	}
	r, err := c.untilStopped(want.Open())
	if err != nil {
		return false, err
	}
	defer r.Close()
	return c.comparer.EqualReader(c.held, at.path, r)
}

func isSameDigest(a, b *resource.Blob) (bool, error) {
	x, err := a.Digest()
	if err != nil {
		return false, err
	}
	if b.Sealed() != "" {
		return a.Same(b), nil
	}
	y, err := b.Digest()
	return err == nil && x == y, err
}

// maxHeld is the size in bytes up to which a differing present content is held in memory: it is shown after it was
// replaced, when the file no longer has it.
const maxHeld = 128 << 10

// readBlob returns the content that the file has now.
func (c *contents) readBlob(at location) *resource.Blob {
	if at.info.Size <= maxHeld {
		if b, err := c.held.ReadFile(at.path, maxHeld); err == nil {
			return resource.BytesBlob(b)
		}
	}
	return resource.LazyBlob(at.info.Size, func() (io.ReadCloser, error) {
		return c.untilStopped(c.held.OpenUnchanged(at.path, at.info))
	})
}

// untilStopped makes r end when the run has to end.
func (c *contents) untilStopped(r io.ReadCloser, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, err
	}
	return resource.Stoppable(r, c.stop), nil
}
