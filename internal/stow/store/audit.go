package store

import (
	"context"

	"converge/internal/stow/audit"
)

// Audit is an auditor's view of a store.
type Audit struct{ *Store }

// Packages implements [audit.Source]. Naive packages have no versions and are
// left out.
func (a Audit) Packages(ctx context.Context) (list []audit.Package, unseen []string, err error) {
	all, err := a.Store.Packages(ctx)
	if err != nil {
		return nil, nil, err
	}
	uses, unseen, err := a.Uses(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	by := map[string][]audit.Use{}
	for _, u := range uses {
		where := u.Target
		if where == "" {
			where = a.home
		}
		by[u.Package] = append(by[u.Package], audit.Use{Version: u.Version, Target: where, Home: u.Target == "", Holder: u.Holder})
	}
	for _, st := range all {
		p := audit.Package{FOO: st.Package, Uses: by[st.Package], Managers: st.Defaults}
		for _, v := range st.Versions {
			p.Versions = append(p.Versions, audit.Version{Name: v.Disk, Link: v.Link, Managers: st.managers(v.Disk)})
		}
		delete(by, st.Package)
		if len(p.Versions)+len(p.Uses) > 0 {
			list = append(list, p)
		}
	}
	for _, foo := range sortedKeys(by) { // views of packages whose directories are gone
		list = append(list, audit.Package{FOO: foo, Uses: by[foo]})
	}
	return list, unseen, nil
}

// managers are those that have control data of a version.
func (st State) managers(disk string) (pms []string) {
	for _, c := range st.Control {
		for _, part := range c.Parts {
			if part == disk {
				pms = append(pms, c.Manager)
			}
		}
	}
	return pms
}

// Image implements [audit.Source].
func (a Audit) Image(foo, version string) (audit.Image, error) {
	return audit.OpenDir(a.Dir().Path() + "/" + foo + "/" + version)
}
