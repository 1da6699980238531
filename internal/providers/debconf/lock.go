package debconf

import (
	"strings"

	"converge/internal/providers/packages/tool"
)

// locks keep other programs out while packages are configured: dpkg's, whose scripts would fail if they found the
// database locked, and those of the database.
func (a *answers) locks(db *database) []tool.Lock {
	locks := []tool.Lock{
		tool.RecordLock(a.host.Tree, "/var/lib/dpkg/lock-frontend"),
		tool.RecordLock(a.host.Tree, "/var/lib/dpkg/lock"),
	}
	for _, file := range append(db.answers, db.store.templates...) {
		locks = append(locks, tool.FileLock(a.host.Tree, file))
	}
	return locks
}

// isRefused reports whether a program did nothing because another one has the database:
// Debconf::DbDriver::File does not wait.
func isRefused(res tool.Result) bool {
	return res.Status != 0 && strings.Contains(res.Stdout+res.Stderr, " is locked by another process")
}
