package pacman

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// conf is what matters here of pacman.conf(5).
type conf struct {
	repos  []string // in the order of the manager's preference
	ignore []string // patterns of IgnorePkg
	hold   []string // patterns of HoldPkg
	files  []string // that were read
}

// maxConf bounds the bytes read of a file, and maxIncludes how deep files are included.
const (
	maxConf     = 1 << 20
	maxIncludes = 10
)

func (m *Manager) readConf() (*conf, error) {
	c := &conf{}
	section := ""
	if err := m.readConfFile(c, confFile, &section, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read pacman's configuration: %w", err)
	}
	return c, nil
}

func (m *Manager) readConfFile(c *conf, file string, section *string, depth int) error {
	if depth > maxIncludes {
		return fmt.Errorf("%q is included too deep", file)
	}
	data, err := m.Tree.ReadFile(file, maxConf)
	if err != nil {
		return err
	}
	c.files = append(c.files, file)
	for line := range strings.Lines(string(data)) {
		key, value := c.addLine(line, section)
		if key != "Include" {
			continue
		}
		for _, f := range m.glob(value) {
			if err := m.readConfFile(c, f, section, depth+1); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// addLine takes a line in, and returns its parts.
func (c *conf) addLine(line string, section *string) (key, value string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", ""
	}
	if line[0] == '[' && line[len(line)-1] == ']' {
		*section = line[1 : len(line)-1]
		if *section != "options" && !slices.Contains(c.repos, *section) {
			c.repos = append(c.repos, *section)
		}
		return "", ""
	}
	key, value, _ = strings.Cut(line, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if *section == "options" {
		switch key {
		case "IgnorePkg":
			c.ignore = append(c.ignore, strings.Fields(value)...)
		case "HoldPkg":
			c.hold = append(c.hold, strings.Fields(value)...)
		}
	}
	return key, value
}

// glob lists the files of a pattern whose last part may have wildcards.
func (m *Manager) glob(pattern string) []string {
	dir, base := path.Split(pattern)
	if !strings.ContainsAny(base, "*?[") {
		return []string{pattern}
	}
	entries, err := m.Tree.ReadDir(path.Clean(dir))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if ok, err := path.Match(base, e.Name()); ok && err == nil {
			out = append(out, path.Join(dir, e.Name()))
		}
	}
	return out
}

// holds reports whether pacman leaves the package at its version.
func (c *conf) holds(name string) bool { return matchesAny(c.ignore, name) }

// keeps reports whether pacman asks before it removes the package, and takes no for
// the answer.
func (c *conf) keeps(name string) bool { return matchesAny(c.hold, name) }

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}
