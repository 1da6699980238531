package fsys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

func readAll(file *os.File, p string, max int64) ([]byte, error) {
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, max+1))
	if err == nil && int64(len(b)) > max {
		err = unix.EFBIG
	}
	return b, errorAbout("read", p, err)
}

// readNames lists the directory fd, sorted, and closes it.
func readNames(fd int) ([]string, error) {
	d := os.NewFile(uintptr(fd), "")
	defer d.Close()
	out, err := d.Readdirnames(-1)
	slices.Sort(out)
	return out, err
}

// Link is a symbolic link: its name and its text.
type Link struct{ Name, Text string }

// readLinks returns the links in the directory fd, sorted, and closes it.
func readLinks(fd int) (out []Link, err error) {
	d := os.NewFile(uintptr(fd), "")
	defer d.Close()
	names, err := d.Readdirnames(-1)
	slices.Sort(names)
	for _, name := range names {
		if text, err := readlinkat(fd, name); err == nil { // otherwise it is not a link
			out = append(out, Link{name, text})
		}
	}
	return out, err
}

// Comparer compares files with content in memory. It keeps buffers between comparisons; the zero Comparer is ready, for
// many goroutines.
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

// Equal reports whether the content of the file at path is exactly want. It stops reading at the first difference.
func (c *Comparer) Equal(h *Held, p string, want []byte) (same bool, err error) {
	err = h.inEntry(p, readOnly, func(fd int) error {
		same, err = c.equalTo(fd, want)
		return err
	})
	return same, errorAbout("read", p, err)
}

func (c *Comparer) equalTo(fd int, want []byte) (bool, error) {
	buf := c.takeBuffer()
	defer c.pool.Put(buf)
	for {
		n, err := retryInterrupted(func() (int, error) { return unix.Read(fd, *buf) })
		switch {
		case err != nil || n == 0:
			return err == nil && len(want) == 0, err
		case n > len(want) || !bytes.Equal((*buf)[:n], want[:n]):
			return false, nil
		}
		want = want[n:]
		// A regular file returns less than requested only at its end.
		if len(want) == 0 && n < len(*buf) {
			return true, nil
		}
	}
}

// EqualReader is Equal for content from a reader.
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
		case isEnd(errA): // and so has the other, because both returned the same number of bytes
			return true, nil
		}
	}
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// InMemory is content in memory that a program can open by Path.
type InMemory struct {
	Path string // valid for children of this process until it is closed
	f    *os.File
}

// NewInMemory returns the content of r.
func NewInMemory(r io.Reader) (*InMemory, error) {
	fd, err := unix.MemfdCreate("converge", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot hold a file in memory: %w", err)
	}
	m := &InMemory{Path: fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd), f: os.NewFile(uintptr(fd), "converge")}
	if _, err := io.Copy(m.f, r); err != nil {
		m.Close()
		return nil, fmt.Errorf("cannot hold a file in memory: %w", err)
	}
	return m, nil
}

// Close releases the content.
func (m *InMemory) Close() { m.f.Close() }
