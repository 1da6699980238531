package service

import (
	"context"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// backend observes and changes units in one environment.
type backend interface {
	observe(ctx context.Context, w wanted) (cty.Value, error)
	read(ctx context.Context, w wanted) (status, error)
	apply(ctx context.Context, ws []wanted) []error // one error per element
	act(ctx context.Context, w wanted, verb string) error
	satisfied(ctx context.Context, w wanted, verb string, since resource.Instant) (bool, error)
	notes(ctx context.Context, w wanted, c resource.Change) []string
}

// machine is the root whose units are managed. It opens the backend at its first use.
type machine struct {
	root     string
	holds    func(path string) bool // may be nil
	notice   func(string)           // may be nil
	followed followed
	expected map[string]bool // units that an earlier run queued

	mu    sync.Mutex
	used  backend    // nil until first use
	files *unitFiles // nil while used is nil
}

// isLive reports whether systemd runs this machine.
func (m *machine) isLive() bool { return m.root == "/" && isBooted() }

// open returns the backend, and the unit files of the provider's root.
func (m *machine) open() (backend, *unitFiles, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used != nil {
		return m.used, m.files, nil
	}
	age := listingAge
	if !m.isLive() {
		age = 0
	}
	files, err := openUnitFiles(m.root, &m.followed, age)
	if err != nil {
		return nil, nil, err
	}
	files.holds = m.holds
	m.files = files
	if m.isLive() {
		m.used = newSystemd(&m.followed, files, m.expected, m.notice)
	} else {
		m.used = &tree{files: unitLinks{files}, here: m.root == "/"}
	}
	return m.used, files, nil
}

// opened returns the systemd backend if it was used before.
func (m *machine) opened() (*systemd, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.used.(*systemd)
	return s, ok
}

// forgetFiles discards the cached folders of a tree's unit files.
func (m *machine) forgetFiles() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files != nil {
		m.files.forget()
	}
}

// prepare decodes a service, and returns it with the backend.
func (m *machine) prepare(want cty.Value) (wanted, backend, error) {
	w, err := decodeWanted(want)
	if err != nil {
		return wanted{}, nil, err
	}
	b, _, err := m.open()
	return w, b, err
}

// close ends the connections, if there are any. The machine can be opened again.
func (m *machine) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.used.(*systemd); ok {
		s.close()
	}
	m.used, m.files = nil, nil
}

// catchUpAtEnd makes systemd read changes of the run that it has not read.
func (m *machine) catchUpAtEnd(ctx context.Context) error {
	if !m.followed.hasChanged() || !m.isLive() {
		return nil
	}
	b, _, err := m.open()
	if err != nil {
		return err
	}
	if s, ok := b.(*systemd); ok {
		return s.finish(ctx)
	}
	return nil
}
