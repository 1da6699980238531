package store

import (
	"context"
	"errors"
	"slices"
)

// Interrupted lists the packages of the target with an unfinished change. It only reads.
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

// findInterrupted returns which packages have an unfinished change; nil checks all of the target, except unreadable
// ones.
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

// checkSettled checks that a package has no unfinished change. It waits for a process that is changing it.
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
