package fsys

import (
	"sync"
	"time"
)

// given holds the directories that this process gave from one user to another.
// The old owner made the entries that were in them then, so the rule of unsafe
// steps uses the old owner: a tree may change its owner from the top down, in
// the order of its manifest.
//
// An entry is older than the change if its own change time is: the kernel stamps
// what is linked, renamed or made.
type given struct {
	mu   sync.Mutex
	dirs map[inode]gift
}

type inode struct{ dev, ino uint64 }

type gift struct {
	from uint32    // whose it was
	at   time.Time // when it was given, by the clock of its file system
	way  bool      // what lies in it may be entered too
}

// noteGift remembers that a directory has become another user's after it was
// stamped. The first change counts: what lay there then did so before all others.
func (g *given) noteGift(stamped Info) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := inode{stamped.Dev, stamped.Ino}
	if _, known := g.dirs[at]; known {
		return
	}
	if g.dirs == nil {
		g.dirs = map[inode]gift{}
	}
	g.dirs[at] = gift{from: stamped.UID, at: stamped.CTime, way: true}
}

// ownerBefore returns the owner of a directory at the time its entry was made.
func (g *given) ownerBefore(dir, what Info, enter bool) (uid uint32, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	was, ok := g.dirs[inode{dir.Dev, dir.Ino}]
	if !ok || enter && !was.way || !what.CTime.Before(was.at) {
		return 0, false
	}
	return was.from, true
}

// Forget makes every path be judged as a new process would, so that nothing is
// reported as right that the next run cannot reach. Owners may still be changed.
func (f *FS) Forget() {
	f.rules.given.mu.Lock()
	defer f.rules.given.mu.Unlock()
	for at, was := range f.rules.given.dirs {
		was.way = false
		f.rules.given.dirs[at] = was
	}
}
