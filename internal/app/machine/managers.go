package machine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"converge/internal/engine"
	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/providers/apk"
	"converge/internal/providers/apt"
	"converge/internal/providers/dnf"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/pacman"
	"converge/internal/providers/repository"
	"converge/internal/providers/zypper"
	"converge/internal/resource"
	"converge/resources"
)

// managers contains all native package managers, even those that the machine lacks: one may install another during the
// run. Making them costs nothing.
type managers struct {
	name     string            // of the own one
	own      resource.Provider // chosen by facts
	named    []resources.NamedProvider
	shippers []engine.Shipper

	configured func(name string) (unpacked time.Time, configured bool, err error) // of dpkg
}

// manager is the common interface of the providers of native package managers.
type manager interface {
	engine.Shipper
	Declare(rs []*resource.Resource)
	OnlyFrom(ctx context.Context, repository, definition string) ([]string, error)
}

// nameBringer returns what names the package of a manager that brings a thing, by its key. What lies in a folder of
// a program that is there is none: the package is installed, and does not bring it.
func nameBringer(m *Machine, manager string) func(key string) string {
	return func(key string) string {
		if at, isPath := strings.CutPrefix(key, "path:/etc/"); isPath {
			top, _, _ := strings.Cut(at, "/")
			if _, err := m.tree.Lstat("/etc/" + resource.DecodeBytes(top)); err == nil {
				return ""
			}
		}
		return resources.PackageWith(manager, key)
	}
}

// openManagers opens all package managers, and tells each the packages that the manifest declares for it.
func (m *Machine) openManagers(o tool.Options, repositories *repository.Provider) (managers, error) {
	var out managers
	own, err := ownManager(m.Elsewhere, o.Root)
	if err != nil {
		return out, err
	}
	out.name = own
	declared := map[string][]*resource.Resource{}
	for _, r := range m.Site.DeclaredPackages() {
		name := resource.Must[resources.PackageWant](r.Want).Provider.Value
		if name == "" {
			name = own
		}
		declared[name] = append(declared[name], r)
	}
	for _, name := range resources.Managers() {
		p, err := m.openManager(name, own, o, repositories)
		if err != nil {
			return out, fmt.Errorf("cannot use %s: %w", name, err)
		}
		if p == nil {
			continue
		}
		if a, ok := p.(*apt.Provider); ok {
			out.configured = configuredBy(m, a)
		}
		if m.Elsewhere != nil {
			p = assume(m, name, p)
		}
		repositories.AskOnlyFrom(name, p.OnlyFrom)
		p.Declare(declared[name])
		if name == own {
			out.own = p
		} else {
			out.named = append(out.named, resources.NamedProvider{Name: name, Provider: p})
		}
		out.shippers = append(out.shippers, p)
	}
	return out, nil
}

// ownManager is the package manager of a tree that packages use unless they name one.
func ownManager(e *Elsewhere, root string) (string, error) {
	if e != nil {
		return resources.OwnManager(e.Managers, e.Family), nil
	}
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		return "", err
	}
	defer tree.Close()
	found, family, err := facts.ReadManagers(tree)
	return resources.OwnManager(found, family), err
}

// openManager makes the provider of a manager; own is the machine's own one.
func (m *Machine) openManager(name, own string, o tool.Options, repositories *repository.Provider) (manager, error) {
	maxAge, named := m.Site.Settings.MaxAge, name != own
	check := func(ctx context.Context) error { return repositories.CheckSigned(ctx, name) }
	planned := func(ctx context.Context, beside iter.Seq[resource.Change]) map[string][]byte {
		return repositories.PlannedFiles(ctx, name, beside)
	}
	shared := packages.Options{Named: named, Memory: m.StateDir, Planned: planned, CheckSigned: check, Progress: o.Progress, Notice: o.Notice}
	switch name {
	case "apt":
		return apt.New(apt.Options{
			Named: named, Root: o.Root, LockTimeout: o.LockTimeout, MaxAge: maxAge,
			Progress: o.Progress, Waiting: o.Waiting, Notice: o.Notice, Planned: planned, CheckSigned: check,
		})
	case "pacman":
		p, err := pacman.New(pacman.Options{Options: o, MaxAge: maxAge})
		if err != nil {
			return nil, err
		}
		m.closers = append(m.closers, p)
		shared.Tree = p.Tree
		return packages.New(p.Parts(), shared), nil
	case "apk":
		a, err := apk.New(apk.Options{Options: o, MaxAge: maxAge})
		if err != nil {
			return nil, err
		}
		m.closers = append(m.closers, a)
		shared.Tree, shared.Memory = a.Tree, "" // apk's own database records the failed scripts
		return packages.New(a.Parts(), shared), nil
	case "dnf":
		d, err := dnf.New(dnf.Options{Options: o, MaxAge: maxAge})
		if err != nil {
			return nil, err
		}
		m.closers = append(m.closers, d)
		shared.Tree = d.Tree
		return packages.New(d.Parts(), shared), nil
	case "zypper":
		z, err := zypper.New(zypper.Options{Options: o, MaxAge: maxAge})
		if err != nil {
			return nil, err
		}
		m.closers = append(m.closers, z)
		shared.Tree = z.Tree
		return packages.New(z.Parts(), shared), nil
	}
	return nil, nil //nolint:nilnil // this build lacks it
}

// PackageLocks returns the locks of the package databases that this machine may have: see [tool.Blocked].
func PackageLocks() []tool.Lock {
	return slices.Concat(apt.Locks(), apk.Locks(), dnf.Locks(), zypper.Locks(), pacman.Locks())
}
