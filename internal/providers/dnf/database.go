package dnf

import (
	"context"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
)

// database holds the installed packages, with packages from rpm, marks from dnf's history, holds
// from the list of versionlock, protected names from files.
type database struct{ *machine }

// Stamp implements [packages.Database].
func (d *database) Stamp(context.Context) (string, error) {
	return d.rpm.Stamp() + d.stampHistory() + rpm.StampFiles(d.Host, lockListFile, lockPluginFile), nil
}

// ReadInstalled implements [packages.Database].
func (d *database) ReadInstalled(ctx context.Context) ([]packages.Package, error) {
	list, err := d.rpm.ReadInstalled(ctx)
	if err != nil {
		return nil, err
	}
	automatic, err := d.marks.read(ctx, d.machine)
	if err != nil {
		return nil, err
	}
	locks, err := d.readLocks()
	if err != nil {
		return nil, err
	}
	protected, err := d.readProtected()
	if err != nil {
		return nil, err
	}
	for i := range list {
		p := &list[i]
		p.Held = locks.holds(*p)
		p.Automatic = automatic[p.Name+"."+p.Arch]
		p.Essential = protected[p.Name]
	}
	return list, nil
}

// readProtected returns the names that dnf refuses to remove (dnf.conf(5),
// protected_packages).
func (m *machine) readProtected() (map[string]bool, error) {
	names := map[string]bool{"dnf": true}
	for _, dir := range []string{"/etc/dnf/protected.d", "/etc/yum/protected.d"} {
		entries, err := m.Tree.ReadDir(dir)
		if err != nil {
			continue // there need not be one
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".conf") {
				continue
			}
			text, err := rpm.ReadFile(m.Host, dir+"/"+e.Name())
			if err != nil {
				return nil, err
			}
			for line := range strings.Lines(text) {
				if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") {
					names[name] = true
				}
			}
		}
	}
	return names, nil
}

// files reads package files, and what packages consist of.
type files struct{ *machine }

// ReadPackageFile implements [packages.Files].
func (f files) ReadPackageFile(ctx context.Context, path string) (packages.Package, error) {
	return f.rpm.ReadPackageFile(ctx, path)
}

// ListContents implements [packages.Files].
func (f files) ListContents(ctx context.Context, ps ...packages.Package) (packages.Contents, error) {
	return f.rpm.ListContents(ctx, ps...)
}
