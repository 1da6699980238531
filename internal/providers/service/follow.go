package service

import (
	"io"
	"path"
	"slices"
	"sync"
	"time"

	"converge/internal/resource"
	"converge/resources"
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

	former map[string]install // the [Install] sections of unit files as they were before the run changed them, by path
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

// noteInstalls records the [Install] sections of the unit files that changes have replaced.
func (f *followed) noteInstalls(cs []resource.Change) {
	for _, c := range cs {
		at := resource.DecodeBytes(c.Path())
		if c.Action != resource.Update || c.Kind == nil || !slices.Contains(resources.UnitDirs(), path.Dir(at)) {
			continue
		}
		old := c.Kind.Content(c.Have)
		if old == nil || old.Size > maxUnitFile {
			continue
		}
		text, err := readBlob(old)
		if err != nil {
			continue
		}
		if in, err := parseInstall(text); err == nil {
			f.keepInstall(at, in)
		}
	}
}

// keepInstall keeps the section of a file, unless an earlier one is known.
func (f *followed) keepInstall(at string, in install) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.former[at]; known {
		return
	}
	if f.former == nil {
		f.former = map[string]install{}
	}
	f.former[at] = in
}

// formerInstall returns the [Install] section of a file from before the run changed it.
func (f *followed) formerInstall(at string) (in install, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in, known = f.former[at]
	return in, known
}

// readBlob reads an old content, which may be in the state folder.
func readBlob(b *resource.Blob) ([]byte, error) {
	if text, ok := b.Bytes(); ok {
		return text, nil
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxUnitFile))
}

// changesFile reports whether one of the changes affects a path.
func changesFile(cs []resource.Change) bool {
	return slices.ContainsFunc(cs, func(c resource.Change) bool { return c.Path() != "" })
}
