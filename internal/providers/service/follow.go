package service

import (
	"slices"
	"sync"
	"time"

	"converge/internal/resource"
)

// clockStep is by how much the time that a file system gives to a change may lag behind the clock of the processes.
const clockStep = 20 * time.Millisecond

// followed is what other providers have changed in this run, as far as systemd may have to read something again.
type followed struct {
	since time.Time // when this run began: it has not made earlier changes

	mu      sync.Mutex
	any     bool // the run has changed something
	pending bool // it has changed something since systemd was last checked for that
	reading bool // it has changed possible input of an unknown generator since the last daemon-reload
}

// note records that the run has changed something, and whether that may be a file.
func (f *followed) note(file bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.any, f.pending = true, true
	f.reading = f.reading || file
}

// include moves the beginning of the run back to a moment.
func (f *followed) include(moment time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if moment.Before(f.since) {
		f.since = moment
	}
}

// hasChanged reports whether the run has changed something.
func (f *followed) hasChanged() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.any
}

// isPending reports whether something was changed since the unit files were last checked.
func (f *followed) isPending() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pending
}

// noteLooked records that the unit files are checked.
func (f *followed) noteLooked() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = false
}

// isReadByUnknown reports whether a generator with unknown inputs may read a file that was changed since the last
// daemon-reload.
func (f *followed) isReadByUnknown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reading && hasUnknownGenerator(generatorDirs())
}

// noteReload records a daemon-reload.
func (f *followed) noteReload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading = false
}

// began returns the earliest timestamp that a file changed by the run can have.
func (f *followed) began() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.since.Add(-clockStep)
}

// changesFile reports whether one of the changes affects a path.
func changesFile(cs []resource.Change) bool {
	return slices.ContainsFunc(cs, func(c resource.Change) bool { return c.Path() != "" })
}
