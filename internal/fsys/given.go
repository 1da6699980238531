package fsys

import (
	"sync"
	"time"
)

// given are the directories that this process gave from one user to another.
// What lay in one of them by then was put there by the user before, so that
// user is whom the rule of unsafe steps goes by: a tree may change its owner
// from the top, as whoever declares it writes it.
//
// An entry lay there if it has not been changed since: the kernel stamps what
// is linked, renamed or made.
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

// note remembers that a directory has become another user's after it was
// stamped. The first change counts: what lay there then did so before all others.
func (g *given) note(stamped Info) {
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

// before is who owned a directory when what lies in it was put there.
func (g *given) before(dir, what Info, enter bool) (uid uint32, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	was, ok := g.dirs[inode{dir.Dev, dir.Ino}]
	if !ok || enter && !was.way || !what.CTime.Before(was.at) {
		return 0, false
	}
	return was.from, true
}

// Forget has every way judged as a new process would, so that nothing is said to
// be right that the next run cannot reach. Owners may still be changed.
func (f *FS) Forget() {
	f.given.mu.Lock()
	defer f.given.mu.Unlock()
	for at, was := range f.given.dirs {
		was.way = false
		f.given.dirs[at] = was
	}
}
