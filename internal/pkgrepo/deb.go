package pkgrepo

import (
	"fmt"
	"os"
	"path"
	"strings"

	"converge/internal/version"
)

// debs handles the packages of Debian and its derivatives.
type debs struct{}

func (debs) name() string            { return "deb" }
func (debs) suffix() string          { return ".deb" }
func (debs) compare(a, b string) int { return version.Compare(a, b) }

// debMeta is the control file of the package.
type debMeta struct{ control string }

func (debs) read(f *os.File) (Package, error) {
	control, err := readDebControl(f)
	if err != nil {
		return Package{}, err
	}
	fields, err := controlFields(control)
	if err != nil {
		return Package{}, err
	}
	return Package{Name: fields["package"], Version: fields["version"], Arch: fields["architecture"], meta: &debMeta{control}}, nil
}

// places returns the package's file: the pool has the layout of Debian's.
func (debs) places(p Package, _ []string) []string {
	letter := p.Name[:1]
	if strings.HasPrefix(p.Name, "lib") && len(p.Name) > 3 {
		letter = p.Name[:4]
	}
	_, noEpoch, found := strings.Cut(p.Version, ":")
	if !found {
		noEpoch = p.Version
	}
	return []string{path.Join("deb/pool/main", letter, p.Name, fmt.Sprintf("%s_%s_%s.deb", p.Name, noEpoch, p.Arch))}
}

func (debs) file(r *repository, p Package, place string) error { return r.copy(p, place) }
