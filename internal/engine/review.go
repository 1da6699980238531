package engine

import (
	"context"
	"slices"
	"strings"

	"converge/internal/resource"
)

// review asks the provider of a resource about a change of it. The answer of a
// provider that reviews nothing is empty.
func review(ctx context.Context, res *resource.Resource, c resource.Change, o resource.Outlook) resource.Review {
	p, ok := res.Provider().(resource.Reviewer)
	if !ok {
		return resource.Review{}
	}
	return p.Review(ctx, c, o)
}

// actionOf is an action of a resource as a change that is reviewed.
func actionOf(res *resource.Resource) resource.Change { return changeOf(res, resource.Run) }

// removalOf is the removal of a thing that is not declared any more.
func removalOf(res *resource.Resource) resource.Change { return changeOf(res, resource.Delete) }

func changeOf(res *resource.Resource, a resource.Action) resource.Change {
	return resource.Change{
		Addr: res.Addr, Kind: res.Kind, Key: res.Key, Secret: res.Secret,
		Action: a, Have: resource.Absent, Want: res.Want,
	}
}

// reviewStep asks for the forecast of a step's change c.
func (r *run) reviewStep(ctx context.Context, i int, c resource.Change) resource.Review {
	s, res := &r.steps[i], r.Resources[i]
	o := resource.Outlook{Expected: r.forecasts[res.Provider()]}
	switch {
	case s.behind && s.tentative:
		o.Pending = resource.UnknownPending
	case s.behind:
		o.Pending = resource.KnownPending
	}
	return review(ctx, res, c, o)
}

// expect collects what is forecast for each provider, for its reviews.
func (r *run) expect() {
	r.forecasts = map[resource.Provider]*resource.Expected{}
	var made []string
	for _, i := range r.order {
		s, p := &r.steps[i], r.Resources[i].Provider()
		if s.state.idle() || s.err != nil || s.plan.Empty() {
			continue
		}
		if r.forecasts[p] == nil {
			r.forecasts[p] = &resource.Expected{}
		}
		r.forecasts[p].Changes = append(r.forecasts[p].Changes, s.plan)
		made = append(made, r.madeBesides(i)...)
	}
	for _, e := range r.forecasts {
		e.Made = made
	}
}

// madeBesides are the paths that a change makes which are not what it is about:
// the home of a new user, or the one that it moves to.
func (r *run) madeBesides(i int) (made []string) {
	s, k := &r.steps[i], r.Resources[i].Kind
	if k.Links == nil || s.plan.Action != resource.Create && s.plan.Action != resource.Update {
		return nil
	}
	var there []string
	if !s.plan.Have.IsNull() {
		there = k.Links(s.plan.Have).Before
	}
	for _, key := range k.Links(r.Resources[i].Want).Before {
		if p, ok := strings.CutPrefix(key, pathKey); ok && !slices.Contains(there, key) {
			made = append(made, p)
		}
	}
	return made
}
