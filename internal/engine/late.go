package engine

import (
	"errors"
	"slices"
	"strings"

	"converge/internal/graph"
	"converge/internal/resource"
)

// lateNeeds are the needs whose keys some package may provide.
func lateNeeds(res *resource.Resource) []resource.Need {
	if res.Kind.Links == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(res.Kind.Links(res.Want).Needs), func(n resource.Need) bool { return !n.Late })
}

// partOf names what a key is of: "unit".
func partOf(n resource.Need) string {
	what, _, _ := strings.Cut(n.Key, ":")
	return what
}

// linkShipped puts the packages that ship what a resource needs before it. Which
// package ships what is known only of those whose files are there; what is not
// there at all may come with any package that will be, so that the resource waits
// for them all.
func (r *run) linkShipped(i int, needs []resource.Need, packages []int, shipped map[int][]string) {
	s := &r.steps[i]
	missing := s.unseen != nil && errors.Is(s.unseen, resource.ErrMissing) && !r.partWillCome(i, packages)
	behind := r.reach(i)
	what := partOf(needs[0])
	ships := func(key string) bool {
		return slices.ContainsFunc(needs, func(n resource.Need) bool { return n.Key == key })
	}
	for _, p := range packages {
		if behind[p] || r.comesAfter(i, p) {
			continue
		}
		switch {
		case slices.ContainsFunc(shipped[p], ships):
			r.Graph.Add(p, i, Reason{Text: "it ships its " + what, Range: r.Resources[i].Range})
		case missing && r.steps[p].plan.Action == resource.Create:
			r.Graph.Add(p, i, Reason{Text: "its " + what + " is not there yet, and this package may bring it", Range: r.Resources[i].Range, Guess: true})
		}
	}
}

// linkSources puts the changes of which the machine may make what is not there
// before the resource that needs it. Such an edge only orders, and none closes a
// cycle.
func (r *run) linkSources() {
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
		if len(needs) == 0 || r.partWillCome(i, nil) {
			continue
		}
		if !asked {
			sources, asked = r.pendingSources(), true
		}
		linked := r.reach(i)
		r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
			linked[e.From] = true
			return true
		})
		for _, from := range sources {
			if !linked[from] && from != i {
				r.Graph.Add(from, i, Reason{Text: "its " + partOf(needs[0]) + " is not there yet, and may be made of this", Range: res.Range, Guess: true})
				added = true
			}
		}
	}
	if added {
		r.order, _ = r.Graph.Order()
	}
}

// pendingSources returns the changes of which the machine may make something.
func (r *run) pendingSources() (sources []int) {
	var of []int
	var cs []resource.Change
	for k := range r.steps {
		if s := &r.steps[k]; !s.state.idle() && !s.plan.Empty() {
			of, cs = append(of, k), append(cs, s.plan)
		}
	}
	for k, derives := range r.Machine.Derives(cs) {
		if derives {
			sources = append(sources, of[k])
		}
	}
	return sources
}

// partWillCome reports whether a resource comes after one that is known to
// provide what it needs: the unit's file, or a package with the unit's name.
func (r *run) partWillCome(i int, packages []int) (known bool) {
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
