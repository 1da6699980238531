package pkgrepo

import (
	"fmt"
	"slices"
)

// choose returns which packages belong in the index, each once and in order, and which files are removed: old versions,
// and duplicates of filed packages.
func (r *repository) choose(f family, found []Package) (keep, drop []Package, err error) {
	byKey := map[string]Package{}
	for _, p := range found {
		q, twice := byKey[p.key()]
		switch {
		case !twice:
			byKey[p.key()] = p
		case p.isNew() || q.isNew():
			if err := sameContent(f, p, q); err != nil {
				return nil, nil, err
			}
			if q.isNew() { // keep the filed one
				p, q = q, p
			}
			byKey[p.key()] = q
			drop = append(drop, p)
		}
	}
	var all []Package
	for _, p := range byKey {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Package) int { return order(f, a, b) })
	kept, old := r.prune(all)
	for _, p := range kept {
		if p.isNew() {
			drop = append(drop, p) // after it is filed
		}
	}
	return kept, append(drop, old...), nil
}

// order orders packages by name, architecture and version, the newest version
// last.
func order(f family, a, b Package) int {
	for _, c := range []int{compareText(a.Name, b.Name), compareText(a.Arch, b.Arch), f.compare(a.Version, b.Version)} {
		if c != 0 {
			return c
		}
	}
	return compareText(a.Version, b.Version)
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// prune splits packages, in order, into those to keep and old ones.
func (r *repository) prune(all []Package) (kept, old []Package) {
	for i, p := range all {
		newer := 0
		for _, q := range all[i+1:] {
			if q.Name == p.Name && q.Arch == p.Arch {
				newer++
			}
		}
		young := r.o.KeepFor > 0 && r.now.Sub(p.time) <= r.o.KeepFor
		bounded := r.o.Keep > 0 || r.o.KeepFor > 0
		if bounded && newer >= max(r.o.Keep, 1) && !young {
			old = append(old, p)
		} else {
			kept = append(kept, p)
		}
	}
	return kept, old
}

// sameContent refuses a different package with the same version: hosts that have installed the first would never get it.
func sameContent(f family, a, b Package) error {
	if identity(f, a) == identity(f, b) {
		return nil
	}
	return fmt.Errorf("%s and %s are both %s %s for %s, with different contents: give the new one another version or release",
		a.file, b.file, a.Name, a.Version, a.Arch)
}

// identity returns a digest that is equal for equal packages, without their signatures.
func identity(f family, p Package) string {
	if m, ok := p.meta.(*rpmMeta); ok {
		return m.unsigned
	}
	return p.digest.sha256
}
