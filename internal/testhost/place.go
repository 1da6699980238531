package testhost

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// perCPU is how many hosts run per processor: their tests spend more than half of the time waiting for services and
// boots.
const perCPU = 4

// takePlace waits until this machine can run one more host, and holds that place until the test ends. A test whose
// parent has a place, or that has one itself, takes no other, because it might wait for itself.
func takePlace(t testing.TB, own string) {
	t.Helper()
	for name := t.Name(); name != "."; name = path.Dir(name) {
		if _, err := os.Stat(placeOf(own, name)); err == nil {
			return
		}
	}
	place, err := lockPlace(t.Context(), filepath.Join(dir(), "places"), perCPU*runtime.NumCPU())
	if err != nil {
		t.Fatalf("cannot wait for a place for a test host: %v", err)
	}
	t.Cleanup(func() { place.Close() })
	if err := os.WriteFile(placeOf(own, t.Name()), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(placeOf(own, t.Name())) }) // at worst there is one host too many
}

// placeOf returns the file that exists while a test of this process holds a place.
func placeOf(own, test string) string { return filepath.Join(own, ".place-"+url.PathEscape(test)) }

// lockPlace locks one of several files in a folder, first come, first served. The kernel unlocks it when the process
// ends in any way.
func lockPlace(ctx context.Context, folder string, places int) (*os.File, error) {
	if err := ownDir(folder); err != nil {
		return nil, err
	}
	queue, err := lockFile(filepath.Join(folder, "queue"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer queue.Close()
	next := time.NewTicker(50 * time.Millisecond) // no event reports which lock is free
	defer next.Stop()
	for {
		for n := range places {
			f, err := lockFile(filepath.Join(folder, fmt.Sprintf("place-%d", n)), syscall.LOCK_EX|syscall.LOCK_NB)
			if !errors.Is(err, syscall.EWOULDBLOCK) {
				return f, err
			}
		}
		select {
		case <-next.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// lockFile opens a file and locks it, until it is closed.
func lockFile(name string, how int) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot lock %s: %w", name, err)
	}
	return f, nil
}
