package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
)

// linkPackages puts the packages that will change before what may need what
// they bring: services their units, anything its user or group. It looks no
// further when no package changes, and adds no edge that would close a cycle.
func (r *run) linkPackages(ctx context.Context) {
	packages, shipped := r.pendingPackages(ctx)
	if len(packages) == 0 {
		return
	}
	before := len(r.Graph.Edges())
	installs := slices.DeleteFunc(slices.Clone(packages), func(p int) bool { return r.steps[p].plan.Action != resource.Create })
	for i, res := range r.Resources {
		if r.steps[i].state == off || res.Kind.Links == nil {
			continue
		}
		if needs := lateNeeds(res); len(needs) > 0 {
			r.linkShipped(i, needs, packages, shipped)
		}
		for _, n := range res.Kind.Links(res.Want).Needs {
			if len(installs) > 0 && r.Lacks != nil && r.Lacks(ctx, n.Key) {
				r.linkInstalls(i, n.Key, installs)
			}
		}
	}
	if len(r.Graph.Edges()) > before {
		r.order, _ = r.Graph.Order()
	}
}

// linkInstalls puts the packages that will be installed before a resource that
// needs an account which is not there: scripts of packages make such accounts,
// and no package says which.
func (r *run) linkInstalls(i int, key string, installs []int) {
	lack := lackOf(key)
	behind := r.reach(i)
	for _, p := range installs {
		if behind[p] {
			continue
		}
		r.steps[i].lacks = lack + ": a package of this run may bring it"
		if !r.comesAfter(i, p) {
			r.Graph.Add(p, i, Reason{Text: lack + ", and this package may bring it", Range: r.Resources[i].Range, Guess: true})
		}
	}
}

func lackOf(key string) string {
	what, name, _ := strings.Cut(key, ":")
	return fmt.Sprintf("there is no %s %q yet", what, name)
}

// noteLacking notes an account that a resource needs and that is not there, where
// something before it may bring it.
func (r *run) noteLacking(ctx context.Context, i int) {
	s, res := &r.steps[i], r.Resources[i]
	if !s.open || s.unsolved != "" || s.lacks != "" || res.Kind.Links == nil || r.Lacks == nil {
		return
	}
	for _, n := range res.Kind.Links(res.Want).Needs {
		if r.Lacks(ctx, n.Key) {
			s.unsolved = lackOf(n.Key) + ": something before it may bring it"
			return
		}
	}
}

// pendingPackages returns the resources that a package manager will install or
// change, and the keys of what each ships whose files are there: because it is
// installed, or because it need only be linked.
func (r *run) pendingPackages(ctx context.Context) (pending []int, shipped map[int][]string) {
	there := map[Shipper][]int{}
	for i, res := range r.Resources {
		s := &r.steps[i]
		p := r.Machine.shipperOf(res.Provider())
		if p == nil || s.state == off || s.unseen != nil || s.plan.Empty() || s.plan.Action == resource.Delete {
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
			continue // an order that is only a guess is better left to the manifest
		}
		for k, i := range is {
			shipped[i] = keys[names[k]]
		}
	}
	return pending, shipped
}
