package execute_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/stow/farm"
)

// goal is the final tree: for each path a link's text, "/" for a directory, or "mv TO" before the text for a file to
// move first. Other files stay.
type goal map[string]string

// parseGoal parses lines "d PATH", "l PATH TEXT", "m PATH TO TEXT" and, for a file that replaces a link again, "r PATH
// FROM".
func parseGoal(lines string) goal {
	g := goal{}
	for line := range strings.Lines(lines) {
		w := append(strings.Fields(line), "", "", "")
		switch w[0] {
		case "d":
			g[w[1]] = "/"
		case "l":
			g[w[1]] = w[2]
		case "m":
			g[w[1]] = "mv " + w[2] + " " + w[3]
		case "r":
			g[w[1]] = "from " + w[2]
		}
	}
	return g
}

// planFor is the smallest planner that works for any state of the disk: it removes wrong entries, then makes missing
// ones.
func planFor(target string, g goal) ([]farm.Op, error) {
	gone := map[string]bool{}
	ops, err := goingIn(target, "", g, gone, nil)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(g)) {
		want := g[path]
		info, err := os.Lstat(filepath.Join(target, path))
		there := err == nil && !gone[path] && !below(path, gone)
		from, restore := strings.CutPrefix(want, "from ")
		switch {
		case restore:
			if _, err := os.Lstat(filepath.Join(target, from)); err == nil {
				ops = append(ops, farm.Op{Kind: farm.Move, Path: from, Text: path})
			}
			continue
		case there && info.Mode().IsRegular() && strings.HasPrefix(want, "mv "):
			to, text, _ := strings.Cut(want[3:], " ")
			ops = append(ops, farm.Op{Kind: farm.Move, Path: path, Text: to})
			want = text
		case there:
			continue
		case strings.HasPrefix(want, "mv "):
			_, want, _ = strings.Cut(want[3:], " ")
		}
		if want == "/" {
			ops = append(ops, farm.Op{Kind: farm.Mkdir, Path: path})
		} else {
			ops = append(ops, farm.Op{Kind: farm.Link, Path: path, Text: want})
		}
	}
	return ops, nil
}

func below(path string, gone map[string]bool) bool {
	for d := filepath.Dir(path); d != "."; d = filepath.Dir(d) {
		if gone[d] {
			return true
		}
	}
	return false
}

// goingIn plans the removal of a directory's wrong entries.
func goingIn(target, dir string, g goal, gone map[string]bool, ops []farm.Op) ([]farm.Op, error) {
	entries, err := os.ReadDir(filepath.Join(target, dir))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		want := g[path]
		if _, text, ok := strings.Cut(strings.TrimPrefix(want, "mv "), " "); ok && strings.HasPrefix(want, "mv ") {
			want = text
		}
		switch {
		case e.Type()&os.ModeSymlink != 0:
			text, err := os.Readlink(filepath.Join(target, path))
			if err != nil {
				return nil, err
			}
			if text != want {
				if from, ok := strings.CutPrefix(want, "from "); ok {
					if _, err := os.Lstat(filepath.Join(target, from)); err != nil {
						continue
					}
				}
				ops = append(ops, farm.Op{Kind: farm.Unlink, Path: path, Text: text})
				gone[path] = true
			}
		case e.IsDir():
			if ops, err = goingIn(target, path, g, gone, ops); err != nil {
				return nil, err
			}
			if want != "/" {
				ops = append(ops, farm.Op{Kind: farm.Rmdir, Path: path})
				gone[path] = true
			}
		}
	}
	return ops, nil
}
