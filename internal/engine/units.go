package engine

import (
	"errors"
	"slices"
	"strings"

	"converge/internal/graph"
	"converge/internal/resource"
)

// neededUnits are the unit files among what a resource says it needs.
func neededUnits(needs []resource.Need) []string {
	var units []string
	for _, n := range needs {
		if u, ok := strings.CutPrefix(n.Key, "unit:"); ok {
			units = append(units, u)
		}
	}
	return units
}

// linkService puts the packages that ship a service's unit before it. Which
// package ships what is known only of those whose files are there; a unit that is
// not there at all may come with any package that will be, so such a service
// waits for them all.
func (r *run) linkService(i int, units []string, packages []int, shipped map[int][]string) {
	s := &r.steps[i]
	missing := s.unseen != nil && errors.Is(s.unseen, resource.ErrMissing) && !r.unitWillCome(i, packages)
	behind := r.reach(i)
	for _, p := range packages {
		if behind[p] || r.comesAfter(i, p) {
			continue
		}
		switch {
		case slices.ContainsFunc(shipped[p], func(u string) bool { return slices.Contains(units, u) }):
			r.Graph.Add(p, i, Reason{Text: "it ships its unit", Range: r.Resources[i].Range})
		case missing && r.steps[p].plan.Action == resource.Create:
			r.Graph.Add(p, i, Reason{Text: "its unit is not there yet, and this package may bring it", Range: r.Resources[i].Range, Guess: true})
		}
	}
}

// linkSources puts the changes that a unit which is not there may be made of
// before its service. Such an edge only orders, and none closes a cycle.
func (r *run) linkSources() {
	sources := r.pendingSources()
	added := false
	for i, res := range r.Resources {
		of := sources[res.Provider()]
		if len(of) == 0 || !errors.Is(r.steps[i].unseen, resource.ErrMissing) || r.unitWillCome(i, nil) {
			continue
		}
		linked := r.reach(i)
		r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
			linked[e.From] = true
			return true
		})
		for _, f := range of {
			if !linked[f] {
				r.Graph.Add(f, i, Reason{Text: "its unit is not there yet, and a generator may make it of this", Range: res.Range, Guess: true})
				added = true
			}
		}
	}
	if added {
		r.order, _ = r.Graph.Order()
	}
}

// pendingSources returns, by the provider of resources that are not there, the
// changes that they may be made of.
func (r *run) pendingSources() map[resource.Provider][]int {
	sources := map[resource.Provider][]int{}
	for i, res := range r.Resources {
		d, ok := res.Provider().(resource.Deriver)
		if !ok || sources[res.Provider()] != nil || !errors.Is(r.steps[i].unseen, resource.ErrMissing) {
			continue
		}
		var of []int
		var cs []resource.Change
		for k := range r.steps {
			if s := &r.steps[k]; !s.state.idle() && !s.plan.Empty() && r.Resources[k].Provider() != res.Provider() {
				of, cs = append(of, k), append(cs, s.plan)
			}
		}
		sources[res.Provider()] = []int{}
		for k, derives := range d.Derives(cs) {
			if derives {
				sources[res.Provider()] = append(sources[res.Provider()], of[k])
			}
		}
	}
	return sources
}

// unitWillCome reports whether a resource comes after one that is known to
// provide its unit: the unit's file, or a package with its name.
func (r *run) unitWillCome(i int, packages []int) (known bool) {
	needs := r.Resources[i].Kind.Links(r.Resources[i].Want).Needs
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		from := r.Resources[e.From]
		known = slices.Contains(packages, e.From)
		if !known && from.Kind.Links != nil {
			for _, key := range from.Kind.Links(from.Want).Provides {
				known = known || slices.ContainsFunc(needs, func(n resource.Need) bool { return n.Key == key })
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
