package store

import (
	"context"
	"errors"
	"slices"

	"converge/internal/fsys"
)

// Interrupted lists the packages of the target that are in the middle of a
// change. It only reads.
func (l Location) Interrupted(ctx context.Context) ([]string, error) {
	foos, err := l.findInterrupted(nil)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(foos, func(foo string) bool {
		var e *InterruptedError
		return !errors.As(l.checkSettled(ctx, foo), &e)
	}), nil
}

// findInterrupted finds which packages are in the middle of a change; nil asks
// for all of the target. One that cannot be read is not among all.
func (l Location) findInterrupted(foos []string) (found []string, err error) {
	all := foos == nil
	switch {
	case all && l.home:
		foos, err = l.PackageNames()
	case all:
		foos, err = l.StatedPackages()
	}
	if err != nil {
		return nil, err
	}
	for _, foo := range foos {
		was, err := l.Record(foo)
		if err != nil && !all {
			return nil, err
		}
		if was.Interrupted {
			found = append(found, foo)
		}
	}
	return found, nil
}

// checkSettled makes sure that a package is not in the middle of a change. It
// waits for a process that is changing it.
func (l Location) checkSettled(ctx context.Context, foo string) error {
	for try := 0; ; try++ {
		was, err := l.Record(foo)
		if err != nil || !was.Interrupted {
			return err
		}
		if try > 0 {
			return &InterruptedError{Package: foo, From: was.Installed, To: was.To}
		}
		if err := l.waitUntilIdle(ctx, foo); err != nil {
			return err
		}
	}
}

// waitUntilIdle waits until no other process changes a package.
func (l Location) waitUntilIdle(ctx context.Context, foo string) error {
	for _, path := range []string{l.dir.Path() + "/" + foo, l.target.Path()} {
		d, err := l.open(path)
		if isMissing(err) {
			continue
		}
		if err != nil {
			return err
		}
		err = d.Lock(ctx, false, nil)
		d.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// locks are the locks that a command holds.
type locks struct {
	Location
	warn     func(text string)
	packages map[string]*fsys.Dir // locked
}

// lockAll locks packages by order of their names, and then the target, against
// every other command. Packages of a view are locked against removal only: the
// view has its own lock.
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

// lockPackage locks one package. A view may know a package that does not exist any more.
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

// tryLock locks more packages out of order, so it does not wait. It reports
// whether all are locked.
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

// unlockTarget is needed because the target outlives the command.
func (l *locks) unlockTarget() { _ = l.target.Unlock() }

// unlockPackages gives all locks of packages back.
func (l *locks) unlockPackages() {
	for _, d := range l.packages {
		d.Close()
	}
}
