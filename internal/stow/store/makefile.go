package store

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
	"converge/internal/stow/versiondir"
)

// makefileNames returns the names that make searches for, in its order; it uses the first that exists.
func makefileNames() []string { return []string{"GNUmakefile", "makefile", "Makefile"} }

// ConfigMakefile returns the name of the makefile at the top of an image that has a
// rule for config; "" if there is none.
func ConfigMakefile(image *fsys.Dir) (string, error) {
	for _, name := range makefileNames() {
		if t, err := image.Leads(name); err != nil || t != fsys.Regular {
			continue
		}
		root, err := fsys.RootOf(image)
		if err != nil {
			return "", err
		}
		defer func() { _ = root.Close() }() // only read through
		f, err := root.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		has, err := hasConfigRule(f)
		if err != nil || !has {
			return "", err
		}
		return name, nil
	}
	return "", nil
}

// makefiles is an ignore list that adds to inner the makefiles with a rule for :config: they are instructions for the
// package manager, and each version of each package may have one.
type makefiles struct {
	inner farm.Ignorer
	dir   *StowDir
	stow  string // the stow directory, from the target
	known map[farm.Image]string
}

// Ignored implements [farm.Ignorer].
func (m *makefiles) Ignored(image farm.Image, path string) (bool, error) {
	if slices.Contains(makefileNames(), path) {
		name, err := m.findMakefile(image)
		if err != nil || name == path {
			return name == path, err
		}
	}
	return m.inner.Ignored(image, path)
}

func (m *makefiles) findMakefile(image farm.Image) (string, error) {
	foo, ok := pathBelow(image.Stow, m.stow)
	if !ok || foo == "" || !versiondir.IsVersion(image.Package) && image.Package != Config {
		return "", nil // a naive package, or one of another stow directory
	}
	if name, ok := m.known[image]; ok {
		return name, nil
	}
	d, err := m.dir.OpenPackage(foo)
	if err != nil || d == nil {
		return "", unlessNotDir(err)
	}
	defer d.Close()
	version, err := d.Follow(image.Package)
	if err != nil {
		return "", unlessNotDir(err)
	}
	defer version.Close()
	name, err := ConfigMakefile(version)
	m.known[image] = name
	return name, err
}

// hasConfigRule searches for a rule with the target "config". It does not find a target from a variable or an included
// file.
func hasConfigRule(r io.Reader) (bool, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "#") {
			continue
		}
		targets, rest, rule := strings.Cut(line, ":")
		if !rule || strings.HasPrefix(strings.TrimLeft(rest, ":"), "=") {
			continue // not a rule, or an assignment
		}
		if slices.Contains(strings.Fields(targets), "config") {
			return true, nil
		}
	}
	return false, lines.Err()
}
