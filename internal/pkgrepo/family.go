package pkgrepo

import (
	"fmt"
	"os"
	"regexp"
	"time"
)

// Package is one version of a package, as its file describes it.
type Package struct {
	Name, Version, Arch string

	file   string    // relative to the repository's folder
	time   time.Time // of the file
	size   int64
	digest digests
	meta   any    // the family's data for its index
	signer string // of an rpm: the folder of the present key
}

// key identifies a package in its family.
func (p Package) key() string { return p.Name + " " + p.Version + " " + p.Arch }

// family is one kind of packages and of repositories.
type family interface {
	// name returns the name of the folder of the family's repository.
	name() string
	// suffix returns the end of the names of the family's packages.
	suffix() string
	// read reads a package.
	read(f *os.File) (Package, error)
	// compare orders versions.
	compare(a, b string) int
	// places returns the paths of a package, relative to the repository's folder, if there are packages for these
	// architectures.
	places(p Package, archs []string) []string
	// file writes a package to a path.
	file(r *repository, p Package, place string) error
	// index writes the index of the packages, and reports whether it changed. The packages are in order of name,
	// architecture and version, without duplicates.
	index(r *repository, all []Package, archs []string) (changed bool, err error)
}

func families() []family { return []family{debs{}, rpms{}, arches{}, apks{}} }

// check refuses names that would lead to another folder, or to another line of an index: packages are not trusted.
func (p Package) check() error {
	for _, part := range []struct{ what, value, pattern string }{
		{"name", p.Name, `^[A-Za-z0-9][A-Za-z0-9+._@-]*$`},
		{"version", p.Version, `^[A-Za-z0-9][A-Za-z0-9+.~:^_-]*$`},
		{"architecture", p.Arch, `^[a-z0-9][a-z0-9_-]*$`},
	} {
		if len(part.value) > 200 || !regexp.MustCompile(part.pattern).MatchString(part.value) {
			return fmt.Errorf("%.60q is no %s of a package", part.value, part.what)
		}
	}
	return nil
}
