package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"converge/internal/graph"
	"converge/resources"
)

// linkUnits puts the packages that will change before the services whose
// units they ship. Which package ships what is known only of those whose files
// are there; a unit that is not there at all may come with any package that
// will be, so such a service waits for them all. It looks no further when no
// package changes, and adds no edge that would close a cycle.
func (r *run) linkUnits(ctx context.Context) {
	packages, shipped := r.pendingPackages(ctx)
	if len(packages) == 0 {
		return
	}
	before := len(r.Graph.Edges())
	for i, res := range r.Resources {
		if r.steps[i].state == off || res.Kind.Links == nil {
			continue
		}
		if units := neededUnits(res); len(units) > 0 {
			r.linkService(i, units, packages, shipped)
		}
	}
	if len(r.Graph.Edges()) > before {
		r.order, _ = r.Graph.Order()
	}
}

// pendingPackages returns the resources that a package manager will install or
// change, and the units that each ships whose files are there: because it is
// installed, or because it need only be linked.
func (r *run) pendingPackages(ctx context.Context) (pending []int, shipped map[int][]string) {
	there := map[resources.Provider][]int{}
	for i, res := range r.Resources {
		s := &r.steps[i]
		p := res.Provider()
		if _, ok := p.(resources.Shipper); !ok || s.state == off || s.unseen != nil || s.plan.Empty() || s.plan.Action == resources.Delete {
			continue
		}
		pending = append(pending, i)
		there[p] = append(there[p], i)
	}
	shipped = map[int][]string{}
	for p, is := range there {
		names := make([]string, len(is))
		for k, i := range is {
			names[k] = resources.StringAttr(r.Resources[i].Want, "name")
		}
		units, err := p.(resources.Shipper).ShipsUnit(ctx, names)
		if err != nil {
			continue // an order that is only a guess is better left to the manifest
		}
		for k, i := range is {
			shipped[i] = units[names[k]]
		}
	}
	return pending, shipped
}

// neededUnits are the unit files that a resource says it needs.
func neededUnits(res *resources.Resource) []string {
	var units []string
	for _, n := range res.Kind.Links(res.Want).Needs {
		if u, ok := strings.CutPrefix(n.Key, "unit:"); ok {
			units = append(units, u)
		}
	}
	return units
}

func (r *run) linkService(i int, units []string, packages []int, shipped map[int][]string) {
	s := &r.steps[i]
	missing := s.unseen != nil && errors.Is(s.unseen, resources.ErrMissing) && !r.unitWillCome(i, packages)
	behind := r.reach(i)
	for _, p := range packages {
		if behind[p] || r.comesAfter(i, p) {
			continue
		}
		switch {
		case slices.ContainsFunc(shipped[p], func(u string) bool { return slices.Contains(units, u) }):
			r.Graph.Add(p, i, Reason{Text: "it ships its unit", Range: r.Resources[i].Range})
		case missing && r.steps[p].plan.Action == resources.Create:
			r.Graph.Add(p, i, Reason{Text: "its unit is not there yet, and this package may bring it", Range: r.Resources[i].Range, Guess: true})
		}
	}
}

// unitWillCome reports whether a resource comes after one that is known to
// bring its unit: the unit's file, or a package that bears its name.
func (r *run) unitWillCome(i int, packages []int) (known bool) {
	needs := r.Resources[i].Kind.Links(r.Resources[i].Want).Needs
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		from := r.Resources[e.From]
		known = slices.Contains(packages, e.From)
		if !known && from.Kind.Links != nil {
			for _, key := range from.Kind.Links(from.Want).Provides {
				known = known || slices.ContainsFunc(needs, func(n resources.Need) bool { return n.Key == key })
			}
		}
		return !known
	})
	return known
}

// reach returns every node that comes after i.
func (r *run) reach(i int) map[int]bool {
	seen := map[int]bool{}
	for todo := []int{i}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		r.Graph.After(n, func(e graph.Edge[Reason]) bool {
			if !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
			return true
		})
	}
	return seen
}

// comesAfter reports whether i has an edge from p already.
func (r *run) comesAfter(i, p int) (found bool) {
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		found = e.From == p
		return !found
	})
	return found
}
