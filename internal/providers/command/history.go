package command

import (
	"sync"

	"converge/internal/resource"
)

// history records what this run has started and changed.
type history struct {
	mu      sync.Mutex
	ran     map[string]resource.Instant // by address: when it last started and then succeeded
	changed bool                        // something was changed in this run
}

// find returns when the command of an address last started and then succeeded.
func (h *history) find(address string) (resource.Instant, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.ran[address]
	return at, ok
}

// add records a command that started at a moment and then succeeded.
func (h *history) add(address string, at resource.Instant) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ran == nil {
		h.ran = map[string]resource.Instant{}
	}
	h.ran[address] = at
}

// noteChange records that something is changed in this run.
func (h *history) noteChange() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed = true
}

// hasChanged reports whether something was changed in this run.
func (h *history) hasChanged() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}
