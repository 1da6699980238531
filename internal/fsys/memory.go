package fsys

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// InMemory is content without a file on disk that a program can open by Path.
type InMemory struct {
	Path string // as long as it is not closed, for children of this process
	f    *os.File
}

// NewInMemory holds what r gives.
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

// Close lets go of the content.
func (m *InMemory) Close() { m.f.Close() }
