package packages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"converge/internal/resource"
)

// database holds the installed packages at one moment. It does not change.
type database struct {
	list    []Package
	byName  map[string][]int32
	manager *Manager

	provided func() map[string][]int32 // places in list, by name
}

func newDatabase(list []Package, m *Manager) *database {
	d := &database{list: list, byName: make(map[string][]int32, len(list)), manager: m}
	for i := range list {
		d.byName[list[i].Name] = append(d.byName[list[i].Name], int32(i))
	}
	d.provided = sync.OnceValue(func() map[string][]int32 {
		out := map[string][]int32{}
		for i := range list {
			for _, p := range list[i].Provides {
				if p.Name != list[i].Name {
					out[p.Name] = append(out[p.Name], int32(i))
				}
			}
		}
		return out
	})
	return d
}

// find returns the installed package of a name, which may be followed by an
// architecture; of several versions the highest.
func (d *database) find(name string) (Package, bool) {
	if p, ok := d.findHighest(name, ""); ok {
		return p, true
	}
	base, arch, ok := d.manager.cutArch(name)
	if !ok {
		return Package{}, false
	}
	return d.findHighest(base, arch)
}

// cutArch is CutArch, also of a manager that has none.
func (m *Manager) cutArch(name string) (base, arch string, ok bool) {
	if m.CutArch == nil {
		return name, "", false
	}
	return m.CutArch(name)
}

// findHighest returns the installed package of a name and an architecture ("" is any).
func (d *database) findHighest(name, arch string) (Package, bool) {
	var best *Package
	for _, i := range d.byName[name] {
		p := &d.list[i]
		if arch != "" && p.Arch != arch {
			continue
		}
		if best == nil || d.manager.Compare(p.Version, best.Version) > 0 {
			best = p
		}
	}
	if best == nil {
		return Package{}, false
	}
	return *best, true
}

// has reports whether a package is installed in the same version: a kernel may be installed in several.
func (d *database) has(p Package) bool {
	return slices.ContainsFunc(d.byName[p.Name], func(i int32) bool {
		return d.list[i].Version == p.Version && d.list[i].Arch == p.Arch
	})
}

// versionOf is the version of an installed package, "" if it is missing.
func (d *database) versionOf(name string) string {
	p, _ := d.find(name)
	return p.Version
}

// found is an installed package that a name in a manifest means.
type found struct {
	have    Package
	there   bool
	virtual bool     // no package bears the name; have provides it
	version string   // of the name: have's, or the version in which have provides it
	rivals  []string // all packages that provide the name
}

// findNamed finds the package that a manifest calls name: the one with that name, or one that provides it.
func (d *database) findNamed(name string) found {
	if p, ok := d.find(name); ok {
		return found{have: p, there: true, version: p.Version}
	}
	var f found
	for _, i := range d.provided()[name] {
		p := d.list[i]
		if slices.Contains(f.rivals, p.Name) {
			continue
		}
		f.rivals = append(f.rivals, p.Name)
		if f.there {
			continue
		}
		f.have, f.there, f.virtual = p, true, true
		for _, v := range p.Provides {
			if v.Name == name {
				f.version = v.Version
			}
		}
	}
	return f
}

// checkedFor is how long one check of the disk is valid. No program can start and change the database in less.
const checkedFor = time.Millisecond

// installed caches the database until it is changed on disk.
type installed struct {
	from       Database
	remembered func() (map[string]scriptFailure, error)

	mu     sync.Mutex
	looked time.Time
	stamp  string
	db     *database
}

// currentDatabase reads the database, or returns the last result if nothing has touched it since.
func (s *sources) currentDatabase(ctx context.Context) (*database, error) {
	d := &s.installed
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.db != nil && time.Since(d.looked) < checkedFor {
		return d.db, nil
	}
	d.looked = time.Now()
	stamp, err := d.from.Stamp(ctx)
	if errors.Is(err, fs.ErrNotExist) { // another package of the run may install it
		return nil, resource.Missing(fmt.Errorf("there is no %s here: %w", s.Name, err))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	if d.db != nil && d.stamp == stamp {
		return d.db, nil
	}
	list, err := d.from.ReadInstalled(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	failed, err := d.remembered()
	if err != nil {
		return nil, err
	}
	for i := range list {
		if f, ok := failed[list[i].Name]; ok && (f.Version == "" || f.Version == list[i].Version) && list[i].Broken == "" {
			list[i].Broken = f.String()
		}
	}
	d.stamp, d.db = stamp, newDatabase(list, &s.Manager)
	return d.db, nil
}

// forgetDatabase makes the database be read again although its stamp is the same.
func (d *installed) forgetDatabase() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.db = nil
}

// lookAgain makes the next question check the stamp.
func (d *installed) lookAgain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looked = time.Time{}
}
