package impact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/abi"
	"converge/internal/stow/control"
)

// Assessor assesses switches in one stow directory.
type Assessor struct {
	Store  control.Store
	Notice func(err error) // receives errors about unreadable packages, which are not judged
}

// Switch is a package to show in another version, or, if To is empty, no longer. Versions are the names of their
// directories.
type Switch struct{ Package, From, To string }

// Broken lists the switches that would break shown packages. shown is the version of each package that the target will
// show after all changes of the command. For packages without libraries it reads only their control data, or the image
// if there is none.
func (a *Assessor) Broken(ctx context.Context, switches []Switch, shown map[string]string) ([]*abi.BrokenError, error) {
	r := &reading{Assessor: a, known: map[[2]string]abi.Facts{}}
	var out []*abi.BrokenError
	for _, sw := range switches {
		if sw.From == "" || sw.From == sw.To {
			continue
		}
		im, err := r.judgeSwitch(ctx, sw, singleVersions(shown), shown)
		if err != nil {
			return nil, err
		}
		if e := im.Breaks(); e != nil {
			out = append(out, e)
		}
	}
	return out, nil
}

// Impact returns the effect of a switch on every version of every other package. From may be "": nothing is shown. shown
// is the version of each package that the target shows.
func (a *Assessor) Impact(ctx context.Context, sw Switch, shown map[string]string) (abi.Impact, error) {
	if t, err := a.Store.Disk.Look(ctx, a.versionDir(sw.Package, sw.To)); err != nil || t.Leads != fsys.Directory {
		return abi.Impact{}, errors.Join(err, fmt.Errorf("there is no %s/%s in %q", sw.Package, sw.To, a.Store.Dir))
	}
	packages, err := a.Store.List(ctx)
	if err != nil {
		return abi.Impact{}, err
	}
	all := map[string][]string{}
	for _, p := range packages {
		all[p.Name] = p.Versions
	}
	r := &reading{Assessor: a, known: map[[2]string]abi.Facts{}}
	return r.judgeSwitch(ctx, sw, all, shown)
}

func singleVersions(shown map[string]string) map[string][]string {
	all := map[string][]string{}
	for foo, version := range shown {
		if version != "" {
			all[foo] = []string{version}
		}
	}
	return all
}

func (a *Assessor) versionDir(foo, version string) string {
	return a.Store.Dir + "/" + foo + "/" + version
}

// judgeSwitch judges a switch by the links of others, in the given versions.
func (r *reading) judgeSwitch(ctx context.Context, sw Switch, others map[string][]string, shown map[string]string) (abi.Impact, error) {
	c := abi.Change{FOO: sw.Package, From: sw.From, To: sw.To}
	var err error
	if c.Old, err = r.readOffer(ctx, sw.Package, sw.From); err != nil {
		return abi.Impact{}, err
	}
	if len(c.Old.Libraries) == 0 && sw.From != "" {
		others = nil // there are no libraries to link to
	}
	delete(others, sw.Package) // it does not depend on itself
	if len(others) > 0 && sw.To != "" {
		if c.New, err = r.readOffer(ctx, sw.Package, sw.To); err != nil {
			return abi.Impact{}, err
		}
	}
	if sw.From == "" {
		c.Old = c.New // dependents are those that link to libraries of these names
	}
	var list []abi.Dependent
	for _, foo := range slices.Sorted(maps.Keys(others)) {
		for _, version := range others[foo] {
			f, err := r.readNeeds(ctx, foo, version, c.Old)
			if err := r.passUnreadable(ctx, err); err != nil {
				return abi.Impact{}, err
			}
			list = append(list, abi.Dependent{FOO: foo, Version: version, Installed: shown[foo] == version, Facts: f})
		}
	}
	r.resolveLinks(sw, c.Old, list)
	return abi.Judge(c, list), nil
}

// resolveLinks sets the package of links that do not record it, if several packages have a library with that name.
func (r *reading) resolveLinks(sw Switch, old abi.Facts, list []abi.Dependent) {
	known := abi.Suppliers{}
	known.Add(sw.Package, old)
	for _, d := range list {
		known.Add(d.FOO, d.Facts)
	}
	for i, d := range list {
		list[i].Facts = d.Facts.Resolve(func(l abi.Link) string {
			if l.FOO != "" {
				return l.FOO
			}
			return known.Find(l)
		})
	}
}

// passUnreadable reports an unreadable package and leaves it unjudged: another user's closed files must not prevent a
// switch. Only an interrupt is an error.
func (r *reading) passUnreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.Notice(err)
	}
	return nil
}
