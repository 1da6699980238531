package apt

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"converge/internal/resource"
	"converge/resources"
)

// planForRepositories is why a plan fetches lists that the machine does not have yet.
const planForRepositories = "the same run changes repositories"

// Solve implements [resource.Transactor]: one simulation of all changes together, on the machine's package lists or,
// if those are stale, on a private copy of new ones. It writes nothing and takes no lock. The error may be
// [resource.Unsolvable]; the forecast then has the rest.
func (p *Provider) Solve(ctx context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	j, err := p.newJob(ctx, cs, p.currentLists())
	if err != nil {
		return resource.Forecast{}, err
	}
	j.brief = true
	var private []func()
	defer func() {
		for _, remove := range private {
			remove()
		}
	}()
	pending := planned{}
	refresh := func(why string) (lists, error) {
		p.ReportProgress("fetching the package lists into a private folder: %s", why)
		l, remove, err := p.fetchPrivately(ctx, pending, why != planForRepositories)
		if err == nil {
			private = append(private, remove)
		}
		return l, err
	}
	if len(j.installWords()) > 0 {
		why, err := p.whyStale(j.wantsLatest())
		if err != nil {
			return resource.Forecast{}, err
		}
		if pending = p.plannedFiles(ctx, beside); len(pending) > 0 && why == "" {
			why = planForRepositories
		}
		if why != "" {
			l, err := refresh(why)
			if err == nil {
				j.lists = l
			} else if err := p.orOldLists(err, ""); err != nil {
				return resource.Forecast{}, err
			} else {
				j.lists.fresh = true
			}
		}
	}
	defer func() { j.removePrivate() }()
	if err := j.solveAll(ctx, func() (lists, error) { return refresh(errStale.Error()) }); err != nil {
		return resource.Forecast{}, err
	}
	if err := j.guardEssential(); err != nil {
		return resource.Forecast{}, err
	}
	if err := j.forgetUnneededBefore(ctx); err != nil {
		return resource.Forecast{}, err
	}
	return j.makeForecast()
}

func (q *request) makeForecast() (resource.Forecast, error) {
	var f resource.Forecast
	bad := resource.Unsolvable{}
	byItem := map[*item]operation{}
	for _, o := range q.ops {
		if it := q.itemOf(o.name); it != nil {
			byItem[it] = o
			continue
		}
		f.Also = append(f.Also, q.sources.undeclaredChange(o))
	}
	last := q.lastRemoval()
	for _, it := range q.items {
		c := it.change
		if o, ok := byItem[it]; ok {
			c = resources.WithPackageVersion(c, o.old, o.new)
		}
		notes := q.notesOn(it)
		if it == last {
			notes = append(notes, unneededNote(q.unneeded)...)
		}
		if len(notes) > 0 {
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

// notesOn describes an unusual state of a package, the package behind a name that
// no package has, and the age of "latest".
func (q *request) notesOn(it *item) []string {
	var out []string
	switch {
	case it.have.isDamaged() && it.removes && !it.have.broken:
		out = append(out, "dpkg left it "+ensureWord(it.have)+"; its removal will be finished")
	case it.have.isDamaged() && !it.forced:
		out = append(out, "dpkg left it "+ensureWord(it.have)+"; it will be installed again")
	case !it.have.isGone() && !it.have.isInstalled() && !it.removes && it.word != "":
		out = append(out, fmt.Sprintf("dpkg left it %s; it will be configured", it.have.state))
	}
	if it.forced {
		out = append(out, "dpkg left it broken, and no package source has it any more; it will be removed by force")
	}
	if it.asked != "" {
		out = append(out, fmt.Sprintf("no package is called %s: %s provides it", it.asked, it.name))
	}
	if it.ensure == "latest" {
		out = append(out, q.asOf())
		if o := q.operationOn(it.name); o != nil {
			if how := q.sources.phasedShare(it.name, o.new); how != "" {
				out = append(out, fmt.Sprintf("version %s is being phased in, and not for all machines yet (%s); it is taken because the latest is asked for", o.new, how))
			}
		}
	}
	return out
}

// undeclaredChange is an operation on a package that no resource declares.
func (s *sources) undeclaredChange(o operation) resource.Change {
	manager := ""
	if s.named {
		manager = "apt"
	}
	return resources.UndeclaredPackage(resources.PackageOperation{Name: o.name, Old: o.old, New: o.new, Purge: o.purge}, manager)
}
