package views

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"converge/internal/stow/audit"
	"converge/internal/stow/store"
)

// Audit audits a store. Naive packages have no versions and are left out.
func Audit(ctx context.Context, st *store.Store, contents bool) (audit.Report, error) {
	list, unseen, err := auditedPackages(ctx, st)
	if err != nil {
		return audit.Report{}, err
	}
	r := audit.Make(list, unseen)
	if contents {
		err = r.AddContents(ctx, st.Dir().Path())
	}
	return r, err
}

func auditedPackages(ctx context.Context, st *store.Store) (list []audit.Package, unseen []string, err error) {
	all, err := st.Packages(ctx)
	if err != nil {
		return nil, nil, err
	}
	uses, unseen, err := Uses(ctx, st, "")
	if err != nil {
		return nil, nil, err
	}
	by := map[string][]audit.Use{}
	for _, u := range uses {
		where := cmp.Or(u.Target, st.HomePath())
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
