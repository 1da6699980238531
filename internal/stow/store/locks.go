package store

import (
	"context"
	"slices"

	"converge/internal/fsys"
)

// locks are the locks that a command holds.
type locks struct {
	Location
	warn     func(text string)
	packages map[string]*fsys.Dir // locked
}

// lockAll locks packages in order of their names, and then the target, against every other command. Packages of a view
// are locked only against removal: the view has its own lock.
func (l *locks) lockAll(ctx context.Context, foos []string) error {
	foos = slices.Clone(foos)
	slices.Sort(foos)
	for _, foo := range slices.Compact(foos) {
		if err := l.lockPackage(ctx, foo, l.home); err != nil {
			return err
		}
	}
	return l.target.Lock(ctx, true, l.warnWaiting(l.target.Path()))
}

// lockPackage locks one package. A view may know a package that no longer exists.
func (l *locks) lockPackage(ctx context.Context, foo string, exclusive bool) error {
	d, err := l.OpenPackage(foo)
	if err != nil || d == nil {
		return err
	}
	l.packages[foo] = d
	return d.Lock(ctx, exclusive, l.warnWaiting(foo))
}

func (l *locks) warnWaiting(what string) func([]int) {
	return func([]int) { l.warn("waiting for another process that changes " + what) }
}

// tryLock locks more packages out of order, and so does not wait. It reports whether all are locked.
func (l *locks) tryLock(foos []string) bool {
	for _, foo := range foos {
		if l.packages[foo] != nil {
			continue
		}
		d, err := l.OpenPackage(foo)
		if err != nil || d == nil {
			return false
		}
		if err := d.TryLock(l.home); err != nil {
			d.Close()
			return false
		}
		l.packages[foo] = d
	}
	return true
}

// unlockTarget unlocks the target, which outlives the command.
func (l *locks) unlockTarget() { _ = l.target.Unlock() }

// unlockPackages releases all locks of packages.
func (l *locks) unlockPackages() {
	for _, d := range l.packages {
		d.Close()
	}
}
