package files

import (
	"sync"

	"converge/internal/fsys"
)

// parents remembers what the folders of new entries are like, for the time of one plan: many
// entries come into few folders.
type parents struct {
	mu   sync.Mutex
	seen map[string]parent
}

// parent is what matters of the folder of a new entry.
type parent struct {
	info     fsys.Info // of what a link there leads to
	err      error     // why info is not known
	limit    uint32    // see [fsys.Held.DefaultMode]; 0777 if that is not known
	readOnly bool      // its file system is mounted read-only
}

// lookAbove looks at the folder of an entry that does not exist, at most once for f; nil: it is
// looked at each time.
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
