package apt

import (
	"context"
	"slices"
	"strings"
)

// provided is a package that is there and provides a name that is not its own.
type provided struct {
	by      pkg
	version string // of the name; "" if it is provided without one
}

// readProvided indexes the field Provides of the packages that are there.
func (d *database) readProvided() map[string][]provided {
	out := map[string][]provided{}
	for _, p := range d.eachPackage {
		if p.provides == "" || p.isGone() {
			continue
		}
		for name, version := range parseProvides(p.provides) {
			if name != p.name {
				out[name] = append(out[name], provided{p, version})
			}
		}
	}
	return out
}

// parseProvides yields the names of a field like "awk, foo1 (= 1.2), bar:any".
func parseProvides(field string) func(yield func(name, version string) bool) {
	return func(yield func(name, version string) bool) {
		for entry := range strings.SplitSeq(field, ",") {
			name, rest, _ := strings.Cut(strings.TrimSpace(entry), " ")
			name, _, _ = strings.Cut(name, ":")
			version := strings.Trim(strings.TrimLeft(strings.TrimSpace(rest), "(= "), ") ")
			if name != "" && !yield(name, version) {
				return
			}
		}
	}
}

// found is a package of the manifest on this machine.
type found struct {
	key     string // its name in the database and in apt
	have    pkg
	version string // that counts against constraints: its own, or that of the name it provides

	// virtual: no package bears the name; have provides it. rivals are all
	// packages that are there and do.
	virtual bool
	rivals  []string
}

// findPackage returns a package by its name in the manifest. If no package has the
// name, it returns an installed package that provides it: "libfoo1t64" for
// "libfoo1" after a transition.
func (s *sources) findPackage(ctx context.Context, db *database, name string) (found, error) {
	name = db.nameOf(name)
	have, _ := db.findByKey(name)
	f := found{key: name, have: have, version: have.version}
	if !have.isGone() {
		return f, nil
	}
	by := db.providersOf(name)
	if len(by) == 0 {
		return f, nil
	}
	if real, err := s.isOffered(ctx, name); real || err != nil {
		return f, err
	}
	f = found{key: db.keyOf(by[0].by), have: by[0].by, version: by[0].version, virtual: true}
	for _, o := range by {
		f.rivals = append(f.rivals, db.keyOf(o.by))
	}
	return f, nil
}

// providersOf lists the installed packages that provide a name: those of its architecture.
func (d *database) providersOf(name string) []provided {
	base, arch, qualified := strings.Cut(name, ":")
	if !qualified {
		arch = d.native
	}
	return slices.DeleteFunc(slices.Clone(d.provided()[base]), func(o provided) bool { return o.by.arch != arch && o.by.arch != "all" })
}
