package zypper

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
)

// Files of libzypp.
const (
	automaticFile = "/var/lib/zypp/AutoInstalled"
	locksFile     = "/etc/zypp/locks"
	configFile    = "/etc/zypp/zypp.conf"
	reposFolder   = "/etc/zypp/repos.d"
	cacheFolder   = "/var/cache/zypp"
)

// database reads the installed packages from rpm, and marks and holds from libzypp's files.
type database struct{ *machine }

// Stamp implements [packages.Database].
func (d database) Stamp(context.Context) (string, error) {
	return d.rpm.Stamp() + rpm.StampFiles(d.Host, automaticFile, locksFile), nil
}

// ReadInstalled implements [packages.Database].
func (d database) ReadInstalled(ctx context.Context) ([]packages.Package, error) {
	list, err := d.rpm.ReadInstalled(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := rpm.ReadFile(d.Host, automaticFile)
	if err != nil {
		return nil, err
	}
	locks, err := rpm.ReadFile(d.Host, locksFile)
	if err != nil {
		return nil, err
	}
	protected, err := rpm.ReadProtected(d.Host, "zypper", "libzypp", "rpm")
	if err != nil {
		return nil, err
	}
	automatic, held := parseAutomatic(marks), parseLocks(locks)
	for i := range list {
		p := &list[i]
		p.Automatic, p.Essential = automatic[p.Name], protected[p.Name]
		p.Held = slices.ContainsFunc(held, func(l lock) bool { return l.holds(p.Name) })
	}
	return list, nil
}

// parseAutomatic reads the names of the packages that were installed as dependencies, one per line between comments.
func parseAutomatic(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") {
			names[name] = true
		}
	}
	return names
}

// editAutomatic sets marks in the text of the file.
func editAutomatic(text string, automatic map[string]bool) string {
	var out strings.Builder
	have := map[string]bool{}
	for line := range strings.Lines(text) {
		name := strings.TrimSpace(line)
		if auto, ours := automatic[name]; ours && !auto {
			continue
		}
		have[name] = true
		out.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
	var added []string
	for name, auto := range automatic {
		if auto && !have[name] {
			added = append(added, name)
		}
	}
	slices.Sort(added)
	for _, name := range added {
		out.WriteString(name + "\n")
	}
	return out.String()
}

// SetAutomatic implements [packages.Holds]. zypper has no command for marks; libzypp reads the file at each start.
func (h holds) SetAutomatic(ctx context.Context, automatic map[string]bool) error {
	if err := h.WaitLocks(ctx, h.Patience, h.zyppLocks()...); err != nil {
		return err
	}
	text, err := rpm.ReadFile(h.Host, automaticFile)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for name, auto := range automatic {
		base, _, _ := rpm.CutArch(name)
		names[base] = auto
	}
	edited := editAutomatic(text, names)
	if edited == text {
		return nil
	}
	if err := rpm.SaveFile(ctx, h.Host, automaticFile, edited); err != nil {
		return fmt.Errorf("cannot mark packages: %w", err)
	}
	return nil
}

// files reads package files, and lists the contents of packages.
type files struct{ *machine }

// ReadPackageFile implements [packages.Files].
func (f files) ReadPackageFile(ctx context.Context, path string) (packages.Package, error) {
	return f.rpm.ReadPackageFile(ctx, path)
}

// ListContents implements [packages.Files].
func (f files) ListContents(ctx context.Context, ps ...packages.Package) (packages.Contents, error) {
	return f.rpm.ListContents(ctx, ps...)
}
