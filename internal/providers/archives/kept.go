package archives

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// shelf finds and keeps trees that were replaced or removed.
type shelf struct {
	fs    *fsys.FS
	run   string // that keeps them
	state string // the state folder
}

// keptMark is between the name of a tree and the run that replaced it, in the name of the
// tree that was replaced: ".app~converge-20260102T150405Z-…". No tool takes it for a package
// or a configuration, and [fsys.FS.Sweep] takes it for nothing staged.
const keptMark = "~converge-"

// keptPrefix is how the names begin of the trees that were replaced by one called name.
func keptPrefix(name string) string {
	if len(name) > unix.NAME_MAX/2 {
		sum := sha256.Sum256([]byte(name))
		name = hex.EncodeToString(sum[:8])
	}
	return "." + name + keptMark
}

// keptName returns the name under which a run keeps the nth tree that one called name
// replaces.
func keptName(name, run string, n int) string {
	out := keptPrefix(name) + runName(run)
	if n > 1 {
		out += "+" + strconv.Itoa(n)
	}
	return out
}

func runName(run string) string { return strings.NewReplacer("/", "_", "+", "_").Replace(run) }

// runOf returns the run that has kept a tree; false: the name is not that of a kept tree with that prefix.
func runOf(name, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	run, _, _ := strings.Cut(rest, "+")
	return run, ok
}

// freeKept returns the path at which the tree at a path will be kept. Nothing exists there.
func (s *shelf) freeKept(at string) (string, error) {
	for n := 1; ; n++ {
		p := path.Join(path.Dir(at), keptName(path.Base(at), s.run, n))
		_, there, err := s.lookAt(p)
		if err != nil || !there {
			return p, err
		}
	}
}

// listKept returns the paths of the trees that were replaced by one at a path, the oldest
// first.
func (s *shelf) listKept(at string) ([]string, error) {
	names, err := s.fs.Names(path.Dir(at))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	var out []string
	prefix := keptPrefix(path.Base(at))
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			out = append(out, path.Join(path.Dir(at), name))
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return s.compareKept(path.Base(a), path.Base(b), prefix) })
	return out, err
}

// compareKept orders the names of kept trees by their runs, which are named by their
// time in seconds, and in a run by their number. This run is the last.
func (s *shelf) compareKept(a, b, prefix string) int {
	x, _ := runOf(a, prefix)
	y, _ := runOf(b, prefix)
	switch now := runName(s.run); {
	case x == y:
	case x == now:
		return 1
	case y == now:
		return -1
	default:
		return strings.Compare(x, y)
	}
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// listTrimmed returns the paths of all trees but the newest that were replaced by one at a path.
func (s *shelf) listTrimmed(at string, keep int) ([]string, error) {
	all, err := s.listKept(at)
	return all[:max(0, len(all)-keep)], err
}

// trimKept removes all trees but the newest that were replaced by one at a path.
func (s *shelf) trimKept(ctx context.Context, at string, keep int) error {
	old, err := s.listTrimmed(at, keep)
	if err != nil {
		return err
	}
	for _, p := range old {
		if err := s.removeAll(ctx, p); err != nil {
			return fmt.Errorf("cannot remove an old tree: %w", err)
		}
	}
	return nil
}

// removeAll removes a tree. A mount point in it is an error.
func (s *shelf) removeAll(ctx context.Context, p string) error {
	txn := s.fs.Begin(s.run)
	step := txn.RemoveAll(p)
	if err := step.Err(); err != nil {
		txn.Abort()
		return err
	}
	if err := txn.Commit(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return step.Err()
}
