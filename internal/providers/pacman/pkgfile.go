package pacman

import (
	"context"
	"errors"
	"os"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// ReadPackageFile implements [packages.Files].
func (m *Manager) ReadPackageFile(ctx context.Context, path string) (packages.Package, error) {
	e, err := m.readPackageFile(ctx, path)
	p := packages.Package{Name: e.name, Version: e.version, Arch: e.arch}
	for _, r := range e.provides {
		p.Provides = append(p.Provides, packages.Provided{Name: r.name, Version: r.version})
	}
	return p, err
}

// readPackageFile runs bsdtar, which comes with pacman's own library and reads every compression that pacman does.
func (m *Manager) readPackageFile(ctx context.Context, path string) (e entry, err error) {
	if _, err := m.Tree.Stat(path); err != nil {
		var in *os.PathError
		if errors.As(err, &in) {
			err = in.Err
		}
		return e, err
	}
	res, err := m.Run(ctx, tool.Command{Argv: []string{"bsdtar", "-xqOf", path, ".PKGINFO"}}) // q: it does not read the file to its end
	if err != nil {
		return e, err
	}
	if res.Status != 0 {
		return e, errors.New("it is no package: " + strings.TrimSpace(res.Stderr))
	}
	e = parsePkgInfo(res.Stdout)
	if e.name == "" || e.version == "" {
		return e, errors.New("it is no package: .PKGINFO names none")
	}
	return e, nil
}

// parsePkgInfo reads makepkg's description of a package: "key = value".
func parsePkgInfo(text string) (e entry) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		switch key {
		case "pkgname":
			e.name = value
		case "pkgver":
			e.version = value
		case "arch":
			e.arch = value
		case "provides":
			e.provides = append(e.provides, parseRelation(value))
		case "conflict":
			e.conflicts = append(e.conflicts, parseRelation(value))
		case "depend":
			e.depends = append(e.depends, parseRelation(value))
		}
	}
	return e
}
