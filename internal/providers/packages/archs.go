package packages

import (
	"cmp"
	"maps"
	"slices"
)

// Packages of one name may be there for several architectures, as on a machine that also
// runs programs of 32 bits. A manifest names one of them with its architecture, and so
// does a plan: it shows which of them is removed, and undoing the plan installs that one
// again.

// nameOf is the name of an operation's package as a manifest would write it. ops are all
// operations of the transaction.
func (d *database) nameOf(o Operation, ops []Operation) string {
	if !d.hasBeside(o) && !slices.ContainsFunc(ops, func(p Operation) bool { return p.Name == o.Name && p.Arch != o.Arch }) {
		return o.Name
	}
	return d.manager.joinArch(o.Name, o.Arch)
}

// hasBeside reports whether a package with the same name is installed that the operation does not concern. A package
// that changes its architecture is not beside itself.
func (d *database) hasBeside(o Operation) bool {
	if _, there := d.findHighest(o.Name, o.Arch); !there && o.Old != "" {
		return false
	}
	return slices.ContainsFunc(d.byName[o.Name], func(i int32) bool { return d.list[i].Arch != o.Arch })
}

// joinArch is the opposite of CutArch.
func (m *Manager) joinArch(name, arch string) string {
	full := name + "." + arch
	if base, cut, ok := m.cutArch(full); arch != "" && ok && base == name && cut == arch {
		return full
	}
	return name
}

// differences are the operations between two databases. If a package has one architecture before and one after, it is
// the same package.
func differences(before, after *database) []Operation {
	archs := map[string]map[string]bool{} // by name
	for _, d := range []*database{before, after} {
		for i := range d.list {
			p := &d.list[i]
			if archs[p.Name] == nil {
				archs[p.Name] = map[string]bool{}
			}
			archs[p.Name][p.Arch] = true
		}
	}
	var ops []Operation
	add := func(name, arch string) {
		was, _ := before.findHighest(name, arch)
		is, _ := after.findHighest(name, arch)
		if was.Version != is.Version {
			ops = append(ops, Operation{Name: name, Arch: cmp.Or(is.Arch, was.Arch), Old: was.Version, New: is.Version})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(archs)) {
		if !before.hasSeveral(name) && !after.hasSeveral(name) {
			add(name, "")
			continue
		}
		for _, arch := range slices.Sorted(maps.Keys(archs[name])) {
			add(name, arch)
		}
	}
	return ops
}

// hasSeveral reports whether several architectures of a package are there.
func (d *database) hasSeveral(name string) bool {
	of := d.byName[name]
	return slices.ContainsFunc(of, func(i int32) bool { return d.list[i].Arch != d.list[of[0]].Arch })
}

// asksAbout reports whether a batch has a change about an operation's package.
func (b *batch) asksAbout(o Operation, j *job) bool {
	full := b.joinArch(o.Name, o.Arch)
	for _, c := range b.cs {
		if c.Label() == o.Name || c.Label() == full {
			return true
		}
	}
	return j != nil && slices.ContainsFunc(j.items, func(it *item) bool {
		if it.word != nil {
			return it.isAbout(o)
		}
		return it.packageName() == o.Name || it.packageName() == full
	})
}
