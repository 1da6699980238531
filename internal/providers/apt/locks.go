package apt

import (
	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// Locks of dpkg and apt, in the order in which apt-get takes the four. On request apt waits for the first two, but not
// for the others.
const (
	lockFrontend = "/var/lib/dpkg/lock-frontend"
	lockDpkg     = "/var/lib/dpkg/lock"
	lockArchives = "/var/cache/apt/archives/lock"
	lockLists    = "/var/lib/apt/lists/lock"
)

func (h *host) locksOf(files ...string) []tool.Lock { return locksIn(h.Tree, files...) }

func locksIn(tree fsys.Files, files ...string) []tool.Lock {
	locks := make([]tool.Lock, len(files))
	for i, file := range files {
		locks[i] = tool.RecordLock(tree, file)
	}
	return locks
}

// Locks are those of the package database of this machine: see [tool.Blocked].
func Locks() []tool.Lock { return locksIn(fsys.Files{}, lockFrontend, lockDpkg) }
