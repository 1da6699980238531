package stowtest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Build makes a tree of lines "d PATH", "f PATH CONTENT" and "l PATH TEXT",
// with the directories above each.
func Build(t testing.TB, root, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		w := append(strings.Fields(line), "", "")
		if w[0] == "" {
			continue
		}
		path := filepath.Join(root, w[1])
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case w[0] == "d":
			err = os.MkdirAll(path, 0o755)
		case w[0] == "f":
			err = os.WriteFile(path, []byte(w[2]), 0o644)
		case w[0] == "l":
			err = os.Symlink(w[2], path)
		default:
			err = errors.New("unknown kind of line: " + line)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Tree describes every entry below root by its path, links as links.
func Tree(t testing.TB, root string) map[string]string {
	t.Helper()
	i, err := readImage(root)
	if err != nil {
		t.Fatal(err)
	}
	return i.describe()
}

// Seen describes everything that is reachable through root with links followed, as a program sees it that never reads links.
// A directory reached inside itself is not entered again.
func Seen(t testing.TB, root string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	if err := addSeen(unix.AT_FDCWD, root, "", seen, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return seen
}

const deepest = 40

// addSeen adds the contents of the directory name, which appears at the path at.
func addSeen(above int, name, at string, seen map[string]string, depth int) error {
	dir, names, err := openNames(above, name, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	for _, name := range names {
		if strings.HasPrefix(name, ".:stow2") {
			continue
		}
		path := filepath.Join(at, name)
		e, err := readEntry(dir, name, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a dangling link
		}
		if err != nil {
			return &fs.PathError{Op: "read", Path: path, Err: err}
		}
		seen[path] = e.describe()
		if e.stat.Mode&unix.S_IFMT == unix.S_IFDIR && depth < deepest {
			if err := addSeen(dir, name, path, seen, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// Differences lists the differences of two trees, for messages.
func Differences(got, want map[string]string) []string {
	if maps.Equal(got, want) {
		return nil
	}
	both := maps.Clone(got)
	maps.Copy(both, want)
	var out []string
	for _, path := range slices.Sorted(maps.Keys(both)) {
		if got[path] != want[path] {
			out = append(out, fmt.Sprintf("%s: %q, want %q", path, got[path], want[path]))
		}
	}
	return out
}
