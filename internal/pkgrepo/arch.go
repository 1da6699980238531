package pkgrepo

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"converge/internal/version"
)

// arches handles the packages of Arch Linux and its derivatives.
type arches struct{}

func (arches) name() string            { return "arch" }
func (arches) suffix() string          { return ".pkg.tar.zst" }
func (arches) compare(a, b string) int { return version.ComparePacman(a, b) }

// archMeta is the description inside a package.
type archMeta struct {
	info  pkgInfo
	files []string
}

// maxUnpacked is the unpacked size in bytes above which a package counts as a bomb.
const maxUnpacked = 16 << 30

func (arches) read(f *os.File) (Package, error) {
	m, err := readArch(f)
	if err != nil {
		return Package{}, err
	}
	return Package{Name: m.info.one("pkgname"), Version: m.info.one("pkgver"), Arch: m.info.one("arch"), meta: m}, nil
}

func readArch(f io.ReadSeeker) (*archMeta, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	plain, done, err := decompress(f, ".zst")
	if err != nil {
		return nil, err
	}
	defer done()
	m := &archMeta{}
	t := tar.NewReader(io.LimitReader(plain, maxUnpacked))
	for len(m.files) < maxEntries {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF) && m.info == nil:
			return nil, errors.New("it is no package of pacman: it has no .PKGINFO")
		case errors.Is(err, io.EOF):
			return m, nil
		case err != nil:
			return nil, fmt.Errorf("its archive is damaged: %w", err)
		case h.Name == ".PKGINFO":
			text, err := readText(t)
			if err != nil {
				return nil, err
			}
			if m.info, err = parsePkgInfo(text); err != nil {
				return nil, err
			}
		case !strings.HasPrefix(h.Name, "."):
			if strings.ContainsAny(h.Name, "\n\r\x00") {
				return nil, fmt.Errorf("it has a file %.60q", h.Name)
			}
			m.files = append(m.files, h.Name)
		}
	}
	return nil, fmt.Errorf("it has more than %d files", maxEntries)
}

// places returns the package's files: a package for any architecture is in the folder of each, because Server= contains
// $arch.
func (arches) places(p Package, archs []string) []string {
	file := fmt.Sprintf("%s-%s-%s.pkg.tar.zst", p.Name, p.Version, p.Arch)
	if p.Arch != "any" {
		return []string{path.Join("arch", p.Arch, file)}
	}
	var places []string
	for _, arch := range archs {
		places = append(places, path.Join("arch", kernelArch(arch), file))
	}
	return places
}

func (arches) file(r *repository, p Package, place string) error { return r.copy(p, place) }
