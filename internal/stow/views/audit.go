package views

import (
	"context"
	"maps"
	"slices"

	"converge/internal/stow/audit"
	"converge/internal/stow/store"
)

// Audited is a store as an [audit.Source].
type Audited struct{ Store *store.Store }

// Packages implements [audit.Source]. Naive packages have no versions and are
// left out.
func (a Audited) Packages(ctx context.Context) (list []audit.Package, unseen []string, err error) {
	all, err := a.Store.Packages(ctx)
	if err != nil {
		return nil, nil, err
	}
	uses, unseen, err := Uses(ctx, a.Store, "")
	if err != nil {
		return nil, nil, err
	}
	by := map[string][]audit.Use{}
	for _, u := range uses {
		where := u.Target
		if where == "" {
			where = a.Store.HomePath()
		}
		by[u.Package] = append(by[u.Package], audit.Use{Version: u.Version, Target: where, Home: u.Target == "", Holder: u.Holder})
	}
	for _, st := range all {
		p := audit.Package{Name: st.Package, Uses: by[st.Package], Managers: st.Defaults}
		for _, v := range st.Versions {
			p.Versions = append(p.Versions, audit.Version{Name: v.Disk, Link: v.Link, Managers: st.Managers(v.Disk)})
		}
		delete(by, st.Package)
		if len(p.Versions)+len(p.Uses) > 0 {
			list = append(list, p)
		}
	}
	for _, foo := range slices.Sorted(maps.Keys(by)) { // views show packages whose directories are deleted
		list = append(list, audit.Package{Name: foo, Uses: by[foo]})
	}
	return list, unseen, nil
}

// Image implements [audit.Source].
func (a Audited) Image(foo, version string) (audit.Image, error) {
	return audit.OpenDir(a.Store.Dir().Path() + "/" + foo + "/" + version)
}
