package tool

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// Standin is the paths that a manager uses instead of the machine's own, as the manager sees
// them, "" for the machine's.
type Standin struct {
	Cache string // the folder of the index
	Repos string // a file or a folder that names the repositories
}

// Standins is the present [Standin] of a manager; that of the zero value is the machine's own.
type Standins struct {
	mu  sync.Mutex
	now Standin
}

// Now returns the present one.
func (s *Standins) Now() Standin {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Set sets the present one, and returns the earlier one.
func (s *Standins) Set(now Standin) (before Standin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.now = s.now, now
	return before
}

// MakeStandin makes a folder for one, as [Host.MakeFolder] does. end restores the
// paths that the manager uses now, and removes the folder.
func (h *Host) MakeStandin(s *Standins, prefix string, inside ...string) (dir string, end func(), err error) {
	dir, err = h.MakeFolder(prefix, inside...)
	if err != nil {
		return "", nil, err
	}
	before := s.Now()
	return dir, func() {
		s.Set(before)
		_ = os.RemoveAll(dir) // it is in a folder that is cleaned at boot
	}, nil
}

// FetchPrivately makes fetch fill an index in a folder of our own, which s names from then on. If that fails, the
// machine's own is used again.
func (h *Host) FetchPrivately(s *Standins, prefix string, fetch func(dir string) error) error {
	dir, err := h.MakeFolder(prefix)
	if err != nil {
		return fmt.Errorf("cannot make a folder for the index: %w", err)
	}
	s.Set(Standin{Cache: strings.TrimPrefix(dir, h.Root)})
	if err := fetch(dir); err != nil {
		return errors.Join(err, h.DropPrivate(s))
	}
	return nil
}

// DropPrivate removes an index that [Host.FetchPrivately] has fetched; the machine's own
// is used again.
func (h *Host) DropPrivate(s *Standins) error {
	own := s.Set(Standin{}).Cache
	if own == "" {
		return nil
	}
	return os.RemoveAll(h.Root + own)
}
