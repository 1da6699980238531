package fsys

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// Open opens the file at path for reading. A link at path is not followed; a
// named pipe does not block. The caller should have looked first: to open a
// device can have effects.
func (f *FS) Open(p string) (*os.File, error) {
	fd, err := f.openPath(p, readOnly|unix.O_NOFOLLOW)
	if err != nil {
		return nil, errorAbout("read", p, err)
	}
	return os.NewFile(uintptr(fd), p), nil
}

// ReadFile reads a file of at most max bytes; a larger one is an error.
func (f *FS) ReadFile(p string, max int64) ([]byte, error) {
	file, err := f.Open(p)
	if err != nil {
		return nil, err
	}
	return readAll(file, p, max)
}

// ReadFile reads a file of at most max bytes; a larger one is an error.
func (h *Held) ReadFile(p string, max int64) ([]byte, error) {
	file, err := h.Open(p)
	if err != nil {
		return nil, err
	}
	return readAll(file, p, max)
}

func readAll(file *os.File, p string, max int64) ([]byte, error) {
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, max+1))
	if err == nil && int64(len(b)) > max {
		err = unix.EFBIG
	}
	return b, errorAbout("read", p, err)
}

// Readlink reads the link at path.
func (f *FS) Readlink(p string) (string, error) {
	fd, err := f.openPath(p, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return "", errorAbout("read link", p, err)
	}
	defer unix.Close(fd)
	s, err := readlinkat(fd, "")
	return s, errorAbout("read link", p, err)
}

// Names lists a directory, sorted.
func (f *FS) Names(p string) ([]string, error) {
	fd, err := f.openPath(p, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return nil, errorAbout("list", p, err)
	}
	names, err := readNames(fd)
	return names, errorAbout("list", p, err)
}

// readNames lists the directory fd, sorted, and closes it.
func readNames(fd int) ([]string, error) {
	d := os.NewFile(uintptr(fd), "")
	defer d.Close()
	out, err := d.Readdirnames(-1)
	slices.Sort(out)
	return out, err
}

// Comparer compares files with content that is in memory. It keeps buffers
// between comparisons; the zero Comparer is ready, for many goroutines.
type Comparer struct{ pool sync.Pool }

// compareBuffer is a multiple of the page size, large enough that most
// configuration files take one read.
const compareBuffer = 64 << 10

func (c *Comparer) takeBuffer() *[]byte {
	if b, ok := c.pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, compareBuffer)
	return &b
}

// Equal reports whether the file at path holds exactly want. It reads no
// further than the first difference.
func (c *Comparer) Equal(h *Held, p string, want []byte) (bool, error) {
	fd, err := h.openFile(p, readOnly)
	if err != nil {
		return false, errorAbout("read", p, err)
	}
	defer unix.Close(fd)
	buf := c.takeBuffer()
	defer c.pool.Put(buf)
	for {
		n, err := retryInterrupted(func() (int, error) { return unix.Read(fd, *buf) })
		switch {
		case err != nil:
			return false, errorAbout("read", p, err)
		case n == 0:
			return len(want) == 0, nil
		case n > len(want) || !bytes.Equal((*buf)[:n], want[:n]):
			return false, nil
		}
		want = want[n:]
		// A regular file gives less than was asked for at its end only.
		if len(want) == 0 && n < len(*buf) {
			return true, nil
		}
	}
}

// EqualReader is Equal for content that has to be read.
func (c *Comparer) EqualReader(h *Held, p string, want io.Reader) (bool, error) {
	file, err := h.Open(p)
	if err != nil {
		return false, err
	}
	defer file.Close()
	a, b := c.takeBuffer(), c.takeBuffer()
	defer c.pool.Put(a)
	defer c.pool.Put(b)
	for {
		n, errA := io.ReadFull(file, *a)
		m, errB := io.ReadFull(want, *b)
		switch {
		case errA != nil && !isEnd(errA):
			return false, errorAbout("read", p, errA)
		case errB != nil && !isEnd(errB):
			return false, errB
		case !bytes.Equal((*a)[:n], (*b)[:m]):
			return false, nil
		case isEnd(errA): // and with it the other, as they gave the same number of bytes
			return true, nil
		}
	}
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
