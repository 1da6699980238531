package packages

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// Solve implements [resource.Transactor]: one simulation of all changes together, on the machine's index or, if that
// is stale or the same run changes repositories, on a private copy of a new one. It writes nothing and takes no lock.
// The error may be [resource.Unsolvable]; the forecast then has the rest.
func (p *Provider) Solve(ctx context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	j, err := p.newJob(ctx, cs)
	if err != nil {
		return resource.Forecast{}, err
	}
	v := p.newPreview()
	defer func() { v.end() }()
	if len(j.wordItems()) > 0 {
		if err := v.begin(ctx, beside, j.wantsLatest()); err != nil {
			return resource.Forecast{}, err
		}
	}
	refresh := func(why string) error { return v.refetch(ctx, why) }
	if err := j.solveAll(ctx, refresh); err != nil {
		return resource.Forecast{}, err
	}
	if err := j.guardEssential(ctx); err != nil {
		return resource.Forecast{}, err
	}
	return j.makeForecast(ctx)
}

func (j *job) makeForecast(ctx context.Context) (resource.Forecast, error) {
	var f resource.Forecast
	bad := resource.Unsolvable{}
	byItem := map[*item]Operation{}
	for _, o := range j.ops {
		if it := j.itemOf(o); it != nil {
			byItem[it] = o
			continue
		}
		name := j.db.nameOf(o, j.ops)
		c := j.undeclaredChange(o, name)
		if p, ok := j.db.find(name); ok && p.Broken != "" && o.Old == o.New {
			c.Notes = []string{p.Broken + "; it will be installed again"}
		}
		f.Also = append(f.Also, c)
	}
	for _, it := range j.items {
		c := it.change
		if o, ok := byItem[it]; ok {
			c = resources.WithPackageVersion(c, o.Old, o.New)
		}
		if notes := j.notesOn(ctx, it); len(notes) > 0 {
			c.Notes = append(slices.Clone(c.Notes), notes...)
		}
		f.Changes = append(f.Changes, c)
		if err := it.reportError(); err != nil {
			bad[it.change.Addr] = err
		}
	}
	slices.SortFunc(f.Also, func(a, b resource.Change) int { return a.Addr.Compare(b.Addr) })
	return f, bad.OrNil()
}

// notesOn describes an unusual state of a package, the package behind a name that no
// package has, and the age of "latest".
func (j *job) notesOn(ctx context.Context, it *item) []string {
	var out []string
	if it.f.there && it.f.have.Broken != "" && it.word != nil {
		what := "it will be installed again"
		if it.removes() {
			what = "it will be removed"
		}
		out = append(out, fmt.Sprintf("%s; %s", it.f.have.Broken, what))
	}
	if it.asked != "" {
		note := fmt.Sprintf("no package is called %s: %s provides it", it.asked, it.name)
		if len(it.others) > 0 {
			note += "; so would " + strings.Join(it.others, ", ")
		}
		out = append(out, note)
	}
	if it.ensure == "latest" {
		if of := j.asOf(ctx); of != "" {
			out = append(out, of)
		}
	}
	return out
}

// undeclaredChange is an operation on a package that no resource declares, under its name
// in a manifest.
func (s *sources) undeclaredChange(o Operation, name string) resource.Change {
	manager := ""
	if s.named {
		manager = s.Name
	}
	return resources.UndeclaredPackage(resources.PackageOperation{Name: name, Old: o.Old, New: o.New}, manager)
}
