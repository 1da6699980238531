package files

import (
	"sync"

	"converge/internal/fsys"
)

// parents caches the properties of new entries' folders, for the time of one plan: many entries are in few folders.
type parents struct {
	mu   sync.Mutex
	seen map[string]parent
}

// parent is the relevant properties of a new entry's folder.
type parent struct {
	info     fsys.Info // of the target of a link there
	err      error     // why info is not known
	limit    uint32    // see [fsys.Held.DefaultMode]; 0777 if that is not known
	readOnly bool      // its file system is mounted read-only
}

// lookAbove observes the folder of an entry that does not exist, only once for f; with nil, each time.
func (f *parents) lookAbove(held *fsys.Held, entry string) parent {
	if f == nil {
		return lookAbove(held, entry)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := parentOf(entry)
	got, seen := f.seen[dir]
	if !seen {
		got = lookAbove(held, entry)
		f.seen[dir] = got
	}
	return got
}

func lookAbove(held *fsys.Held, entry string) (f parent) {
	dir := parentOf(entry)
	if f.info, f.err = held.Stat(dir); f.err != nil {
		f.limit = 0o777
		return f
	}
	limit, err := held.DefaultMode(dir)
	if f.limit = limit; err != nil {
		f.limit = 0o777
	}
	if readOnly, err := held.ReadOnly(entry); err == nil {
		f.readOnly = readOnly
	}
	return f
}
