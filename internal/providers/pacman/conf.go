package pacman

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// conf is the relevant part of pacman.conf(5).
type conf struct {
	repos  []string // in pacman's order of preference
	ignore []string // patterns of IgnorePkg
	hold   []string // patterns of HoldPkg
	files  []string // included files, existing or not, and folders that were searched for others

	db, root, log string   // DBPath, RootDir, LogFile
	caches        []string // CacheDir
}

// pacman's default paths.
const (
	defaultDB    = "/var/lib/pacman"
	defaultCache = "/var/cache/pacman/pkg"
	defaultLog   = "/var/log/pacman.log"
)

func (c *conf) localDir() string { return path.Join(cmp.Or(c.db, defaultDB), "local") }
func (c *conf) syncDir() string  { return path.Join(cmp.Or(c.db, defaultDB), "sync") }
func (c *conf) lockFile() string { return path.Join(cmp.Or(c.db, defaultDB), "db.lck") }
func (c *conf) logFile() string  { return cmp.Or(c.log, defaultLog) }

func (c *conf) cacheDirs() []string {
	if len(c.caches) == 0 {
		return []string{defaultCache}
	}
	return c.caches
}

// maxConf bounds the bytes that are read of a file, and maxIncludes the depth of includes.
const (
	maxConf     = 1 << 20
	maxIncludes = 10
)

// confs caches the configuration until one of its files changes.
type confs struct {
	mu    sync.Mutex
	stamp string
	conf  *conf
}

func (m *Manager) readConf() (*conf, error) {
	m.confs.mu.Lock()
	defer m.confs.mu.Unlock()
	main := cmp.Or(m.standin.Now().Repos, confFile)
	if c := m.confs.conf; c != nil && c.files[0] == main && m.confs.stamp == m.stampOf(c.files...) {
		return c, nil
	}
	c := &conf{files: []string{main}}
	section := ""
	if err := m.readConfFile(c, main, &section, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read pacman's configuration: %w", err)
	}
	if c.root != "" && path.Clean(c.root) != "/" {
		return nil, fmt.Errorf("%s sets RootDir = %s, so that pacman changes another tree than this one: remove it, and name the tree by --root", confFile, c.root)
	}
	m.confs.conf, m.confs.stamp = c, m.stampOf(c.files...)
	return c, nil
}

// stampOf returns a text that differs if one of the files changes.
func (m *Manager) stampOf(files ...string) string {
	out := ""
	for _, name := range files {
		if info, err := m.Tree.Stat(name); err == nil {
			out += fmt.Sprintf("%s %d %d %d;", name, inode(info), info.Size(), changed(info).UnixNano())
		}
	}
	return out
}

func (m *Manager) readConfFile(c *conf, file string, section *string, depth int) error {
	if depth > maxIncludes {
		return fmt.Errorf("%q is included too deep", file)
	}
	if depth > 0 {
		c.files = append(c.files, file) // a missing one may appear
	}
	data, err := m.Tree.ReadFile(file, maxConf)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		key, value := c.addLine(line, section)
		if key != "Include" {
			continue
		}
		for _, f := range m.glob(c, value) {
			if err := m.readConfFile(c, f, section, depth+1); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// addLine adds a line to the configuration, and returns its parts.
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
		case "CacheDir":
			c.caches = append(c.caches, strings.Fields(value)...)
		case "DBPath": // pacman uses the first of several
			c.db = cmp.Or(c.db, value)
		case "RootDir":
			c.root = cmp.Or(c.root, value)
		case "LogFile":
			c.log = cmp.Or(c.log, value)
		}
	}
	return key, value
}

// glob lists the files that match a pattern. Any part of the pattern may have wildcards.
func (m *Manager) glob(c *conf, pattern string) []string {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}
	}
	dir, base := path.Split(pattern)
	var out []string
	for _, dir := range m.glob(c, path.Clean(dir)) {
		c.files = append(c.files, dir) // another file may appear
		if !strings.ContainsAny(base, "*?[") {
			out = append(out, path.Join(dir, base))
			continue
		}
		entries, err := m.Tree.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if ok, err := path.Match(base, e.Name()); ok && err == nil {
				out = append(out, path.Join(dir, e.Name()))
			}
		}
	}
	return out
}

// holds reports whether pacman keeps the package at its version.
func (c *conf) holds(name string) bool { return matchesAny(c.ignore, name) }

// keeps reports whether pacman asks for a confirmation before it removes the package, and then takes no for the answer.
func (c *conf) keeps(name string) bool { return matchesAny(c.hold, name) }

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}
