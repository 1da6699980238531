package store

import (
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// makefileNames are the names that make looks for, in its order; the first one
// that is there counts.
func makefileNames() []string { return []string{"GNUmakefile", "makefile", "Makefile"} }

// configMakefile is the name of the makefile at the top of a version that has a
// rule for config; "" if there is none. d is the directory of the package, and
// image that of the version.
func configMakefile(d, image *fsys.Dir, version string) (string, error) {
	for _, name := range makefileNames() {
		if t, err := image.Leads(name); err != nil || t != fsys.Regular {
			continue
		}
		root, err := openTree(d, version)
		if err != nil || root == nil {
			return "", err
		}
		defer func() { _ = root.Close() }() // it was only read through
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

// makefiles is an ignore list that adds, to what inner ignores, the makefiles
// that are there to make :config: they are instructions for the package
// manager, and each version of each package may have one.
type makefiles struct {
	inner farm.Ignorer
	store *Store
	stow  string // the stow directory, from the target
	known map[farm.Image]string
}

// Ignored implements [farm.Ignorer].
func (m *makefiles) Ignored(image farm.Image, path string) (bool, error) {
	if slices.Contains(makefileNames(), path) {
		name, err := m.find(image)
		if err != nil || name == path {
			return name == path, err
		}
	}
	return m.inner.Ignored(image, path)
}

func (m *makefiles) find(image farm.Image) (string, error) {
	foo, ok := below(image.Stow, m.stow)
	if !ok || foo == "" || !isVersion(image.Package) && image.Package != Config {
		return "", nil // a naive package, or one of another stow directory
	}
	if name, ok := m.known[image]; ok {
		return name, nil
	}
	d, err := m.store.pkg(foo)
	if err != nil || d == nil {
		return "", notDir(err)
	}
	defer d.Close()
	version, err := d.Follow(image.Package)
	if err != nil {
		return "", notDir(err)
	}
	defer version.Close()
	name, err := configMakefile(d, version, image.Package)
	m.known[image] = name
	return name, err
}
