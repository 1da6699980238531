package wanted

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"converge/internal/stow/control"
)

// FindStores returns the stow directories to search: those that are named, or
// else those of the mapping.
func FindStores(ctx context.Context, disk control.Disk, named []string) ([]Store, error) {
	var out []Store
	for _, dir := range named {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("cannot find --stow-dir %q: %w", dir, err)
		}
		target, err := control.Store{Disk: disk, Dir: abs}.Target(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, Store{Dir: abs, Target: target})
	}
	if len(named) > 0 {
		return out, nil
	}
	m, err := control.ReadMapping(ctx, disk)
	for _, rule := range m {
		out = append(out, Store{Dir: rule.Stow, Target: rule.Target})
	}
	return out, err
}

// FindPackage returns the first of the stow directories that has a version of a
// package.
func FindPackage(ctx context.Context, disk control.Disk, dirs []Store, pkg string) (string, error) {
	for _, d := range dirs {
		p, err := control.Store{Disk: disk, Dir: d.Dir}.Package(ctx, pkg)
		if err != nil {
			return "", err
		}
		if len(p.Versions) > 0 {
			return d.Dir, nil
		}
	}
	return "", errors.New("no stow directory has a version of " + pkg)
}
