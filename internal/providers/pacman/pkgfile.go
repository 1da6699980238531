package pacman

import (
	"context"
	"errors"
	"os"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// ReadPackageFile implements [packages.Files]: bsdtar, which comes with pacman's own
// library, reads every compression that pacman does.
func (m *Manager) ReadPackageFile(ctx context.Context, path string) (packages.Package, error) {
	var p packages.Package
	if _, err := m.Tree.Stat(path); err != nil {
		var in *os.PathError
		if errors.As(err, &in) {
			err = in.Err
		}
		return p, err
	}
	res, err := m.Run(ctx, tool.Command{Argv: []string{"bsdtar", "-xOf", path, ".PKGINFO"}})
	if err != nil {
		return p, err
	}
	if res.Status != 0 {
		return p, errors.New("it is no package: " + strings.TrimSpace(res.Stderr))
	}
	p = parsePkgInfo(res.Stdout)
	if p.Name == "" || p.Version == "" {
		return p, errors.New("it is no package: .PKGINFO names none")
	}
	return p, nil
}

// parsePkgInfo reads what makepkg writes into a package: "key = value".
func parsePkgInfo(text string) (p packages.Package) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		switch key {
		case "pkgname":
			p.Name = value
		case "pkgver":
			p.Version = value
		case "arch":
			p.Arch = value
		case "provides":
			r := parseRelation(value)
			p.Provides = append(p.Provides, packages.Provided{Name: r.name, Version: r.version})
		}
	}
	return p
}
