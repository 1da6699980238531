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
		p.Held, p.HeldAtOther = locks.holds(*p), locks.areOfOthers(*p)
		p.Automatic = automatic[p.Name+"."+p.Arch]
		p.Essential = protected[p.Name]
	}
	return list, nil
}

// readProtected returns the names that dnf refuses to remove: its own, those of files and those of its configuration
// (dnf.conf(5), protected_packages).
func (m *machine) readProtected() (map[string]bool, error) {
	names, err := rpm.ReadProtected(m.Host, "dnf")
	if err != nil {
		return nil, err
	}
	text, err := rpm.ReadFile(m.Host, mainFile)
	for _, name := range strings.FieldsFunc(rpm.ParseIni(text)["main"]["protected_packages"], func(c rune) bool { return strings.ContainsRune(", \t\n", c) }) {
		names[name] = true // patterns of files are those of ReadProtected
	}
	return names, err
}

// files reads package files, and the contents of packages.
type files struct{ *machine }

// ReadPackageFile implements [packages.Files].
func (f files) ReadPackageFile(ctx context.Context, path string) (packages.Package, error) {
	return f.rpm.ReadPackageFile(ctx, path)
}

// ListContents implements [packages.Files].
func (f files) ListContents(ctx context.Context, ps ...packages.Package) (packages.Contents, error) {
	return f.rpm.ListContents(ctx, ps...)
}
