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
	tree := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		what, err := describeEntry(path, os.Lstat)
		tree[strings.TrimPrefix(strings.TrimPrefix(path, root), "/")] = what
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Seen is everything that can be reached through root, links followed: what a
// program sees that knows nothing of links. A directory that is reached inside
// itself is not entered again.
func Seen(t testing.TB, root string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	if err := addSeen(root, "", seen, 0); err != nil {
		t.Fatal(err)
	}
	return seen
}

const deepest = 40

func addSeen(root, path string, seen map[string]string, depth int) error {
	what, err := describeEntry(filepath.Join(root, path), os.Stat)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a link that leads nowhere
	}
	if err != nil {
		return err
	}
	if path != "" {
		seen[path] = what
	}
	if !strings.HasPrefix(what, "d") || depth > deepest {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(root, path))
	for _, e := range entries {
		if err == nil && !strings.HasPrefix(e.Name(), ".:stow2") {
			err = addSeen(root, filepath.Join(path, e.Name()), seen, depth+1)
		}
	}
	return err
}

func describeEntry(path string, stat func(string) (fs.FileInfo, error)) (string, error) {
	info, err := stat(path)
	if err != nil {
		return "", err
	}
	switch info.Mode().Type() {
	case 0:
		b, err := os.ReadFile(path)
		return fmt.Sprintf("%v %q", info.Mode(), b), err
	case fs.ModeSymlink:
		text, err := os.Readlink(path)
		return "link " + text, err
	}
	return info.Mode().String(), nil
}

// Differences lists the differences of two trees, for messages.
func Differences(got, want map[string]string) []string {
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
