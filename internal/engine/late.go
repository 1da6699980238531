package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// lateLinker adds the edges that depend on the state of the machine: to files that a package contains, or that
// programs of the machine generate.
type lateLinker struct {
	*plan
	Lacks func(ctx context.Context, key string) bool
}

// lateNeeds returns the needs whose keys a package may provide.
func lateNeeds(res *resource.Resource) []resource.Need {
	return slices.DeleteFunc(slices.Clone(res.Links().Needs), func(n resource.Need) bool { return !n.Late })
}

// partOf returns the first part of a key: "unit".
func partOf(n resource.Need) string {
	what, _, _ := strings.Cut(n.Key, ":")
	return what
}

// linkShipped orders a resource after the packages that contain what it needs. The contents of a package are known
// only once its files are on the machine. If a need is missing, the resource comes after every package to be
// installed, since any of them may contain it.
func (r *lateLinker) linkShipped(i int, needs []resource.Need, packages []int, shipped map[int][]string) {
	s := &r.steps[i]
	missing := errors.Is(s.unseen, resource.ErrMissing) && !r.partWillCome(i, packages)
	behind := r.Graph.Behind(i)
	what := partOf(needs[0])
	ships := func(key string) bool {
		return slices.ContainsFunc(needs, func(n resource.Need) bool { return n.Key == key })
	}
	for _, p := range packages {
		if behind[p] || r.comesAfter(i, p) {
			continue
		}
		if slices.ContainsFunc(shipped[p], ships) {
			r.Graph.Add(p, i, assembly.Reason{Text: "it ships its " + what, Range: r.Resources[i].Range})
		} else if missing && r.steps[p].action() == resource.Create {
			r.Graph.Add(p, i, assembly.Reason{Text: "its " + what + " is not there yet, and this package may bring it", Range: r.Resources[i].Range, Guess: true})
		}
	}
}

// lacksPart reports whether a resource lacks something that a package may provide, such as its unit.
func (r *plan) lacksPart(i int) bool {
	return errors.Is(r.steps[i].unseen, resource.ErrMissing) && len(lateNeeds(r.Resources[i])) > 0
}

// isPartPending reports whether a pending change before a resource provides what it
// lacks.
func (r *plan) isPartPending(i int) bool {
	for e := range r.Graph.Before(i) {
		s := &r.steps[e.From]
		if s.state.idle() || s.err != nil || s.needsNothing() || s.action() == resource.Delete {
			continue
		}
		links := r.Resources[e.From].Links()
		for _, n := range lateNeeds(r.Resources[i]) {
			if slices.Contains(links.Provides, n.Key) || slices.Contains(links.Shares, n.Key) {
				return true
			}
		}
	}
	return false
}

// mayBring reports whether a pending change may add files that it does not name: packages, archives and commands do,
// links and mounts show entries of another place, and programs of the machine generate units from some files.
func (r *plan) mayBring(i int) bool {
	s, res := &r.steps[i], r.Resources[i]
	return res.Kind.Opaque || s.derives || s.plan().Path() != "" && moves(res, s.plan())
}

// linkSources orders the changes from which the machine may generate a missing need before the resource that needs it.
// Such an edge only orders, and is omitted where it would close a cycle.
func (r *lateLinker) linkSources() {
	if r.Machine.Derives == nil {
		return
	}
	var sources []int
	asked, added := false, false
	for i, res := range r.Resources {
		if !errors.Is(r.steps[i].unseen, resource.ErrMissing) {
			continue
		}
		needs := lateNeeds(res)
		if len(needs) == 0 {
			continue
		}
		if !asked {
			sources, asked = r.pendingSources(), true
		}
		if r.partWillCome(i, nil) {
			continue
		}
		behind := r.Graph.Behind(i)
		for _, from := range sources {
			if from != i && !behind[from] && !r.comesAfter(i, from) {
				r.Graph.Add(from, i, assembly.Reason{Text: "its " + partOf(needs[0]) + " is not there yet, and may be made of this", Range: res.Range, Guess: true})
				added = true
			}
		}
	}
	if added {
		r.order, _ = r.Graph.Order()
	}
}

// pendingSources returns the changes from which the machine may generate a file.
func (r *lateLinker) pendingSources() (sources []int) {
	var of []int
	var cs []resource.Change
	for k := range r.steps {
		if s := &r.steps[k]; !s.state.idle() && !s.needsNothing() {
			of, cs = append(of, k), append(cs, s.plan())
		}
	}
	for k, derives := range r.Machine.Derives(cs) {
		if derives {
			r.steps[of[k]].derives = true
			sources = append(sources, of[k])
		}
	}
	return sources
}

// linkPackages orders the packages that will change before the resources that may need their contents: a service needs
// its unit, any resource its user or group. It returns early when no package changes, and adds no edge that would
// close a cycle.
func (r *lateLinker) linkPackages(ctx context.Context) {
	packages, shipped := r.pendingPackages(ctx)
	if len(packages) == 0 {
		return
	}
	before := len(r.Graph.Edges())
	installs := slices.DeleteFunc(slices.Clone(packages), func(p int) bool { return r.steps[p].action() != resource.Create })
	for i, res := range r.Resources {
		if r.steps[i].state == off {
			continue
		}
		if needs := lateNeeds(res); len(needs) > 0 {
			r.linkShipped(i, needs, packages, shipped)
		}
		for _, n := range res.Links().Needs {
			if len(installs) > 0 && r.Lacks != nil && r.Lacks(ctx, n.Key) {
				r.linkInstalls(i, n.Key, installs)
			}
		}
	}
	if r.Undo != nil && len(installs) > 0 {
		r.linkRestored(installs)
	}
	if len(r.Graph.Edges()) > before {
		r.order, _ = r.Graph.Order()
	}
}

// linkRestored orders packages that a rollback installs again before things with a path that the run removed ahead of
// these packages: a package may contain the folder of such a thing. The packages of one stage are removed together, so
// the first represents all. If one of these edges would close a cycle, none is added.
func (r *lateLinker) linkRestored(installs []int) {
	first := map[int]int{} // by stage
	for _, p := range installs {
		stage := r.Undo.steps[p].stage
		if _, known := first[stage]; !known {
			first[stage] = p
		}
	}
	stages := slices.Sorted(maps.Keys(first))
	linked := graph.New[assembly.Reason](len(r.Resources))
	for _, e := range r.Graph.Edges() {
		linked.Add(e.From, e.To, e.Reason)
	}
	for i := range r.Resources {
		if s := &r.steps[i]; s.action() != resource.Create || s.plan().Path() == "" {
			continue
		}
		for _, stage := range stages {
			if stage < r.Undo.steps[i].stage {
				linked.Add(first[stage], i, assembly.Reason{Text: "the run took it away before this package", Guess: true})
			}
		}
	}
	if linked.Cycle() == nil {
		r.Graph = linked
	}
}

// linkInstalls orders the packages to be installed before a resource that needs a missing account: scripts of packages
// create such accounts, but packages do not declare them.
func (r *lateLinker) linkInstalls(i int, key string, installs []int) {
	lack := lackOf(key)
	behind := r.Graph.Behind(i)
	for _, p := range installs {
		if behind[p] {
			continue
		}
		r.steps[i].remark().lacks = lack + ": a package of this run may bring it"
		if !r.comesAfter(i, p) {
			r.Graph.Add(p, i, assembly.Reason{Text: lack + ", and this package may bring it", Range: r.Resources[i].Range, Guess: true})
		}
	}
}

func lackOf(key string) string {
	what, name, _ := strings.Cut(key, ":")
	return fmt.Sprintf("there is no %s %q yet", what, name)
}

// pendingPackages returns the resources that a package manager will install or change. shipped maps each whose files
// are on the machine (it is installed, or only has to be linked) to the keys that it ships.
func (r *lateLinker) pendingPackages(ctx context.Context) (pending []int, shipped map[int][]string) {
	there := map[Shipper][]int{}
	for i, res := range r.Resources {
		s := &r.steps[i]
		p := r.Machine.shipperOf(res.Provider())
		if p == nil || s.state == off || s.unseen != nil || s.needsNothing() || s.action() == resource.Delete {
			continue
		}
		pending = append(pending, i)
		there[p] = append(there[p], i)
	}
	shipped = map[int][]string{}
	for p, is := range there {
		names := make([]string, len(is))
		for k, i := range is {
			names[k] = r.Resources[i].Label()
		}
		keys, err := p.Ships(ctx, names)
		if err != nil {
			continue // leave an order that is only a guess to the manifest
		}
		for k, i := range is {
			shipped[i] = keys[names[k]]
		}
	}
	return pending, shipped
}
