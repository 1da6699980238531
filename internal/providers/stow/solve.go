package stow

import (
	"context"
	"iter"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
)

// item is one change that is to become part of the plan of its location.
type item struct {
	change  resource.Change
	request request
	view    *farmView
	found   *status
	err     error // why it cannot be made; the item is then skipped
}

// Solve implements [resource.Transactor]: it plans all changes of one location as one, so that conflicts between them
// are known before anything is done.
func (p *Provider) Solve(ctx context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	items, err := p.solveChanges(ctx, cs)
	if err != nil {
		return resource.Forecast{}, err
	}
	var f resource.Forecast
	bad := resource.Unsolvable{}
	for _, it := range items {
		f.Changes = append(f.Changes, it.refineChange())
		if it.err != nil {
			bad[it.change.Addr] = it.err
		}
	}
	if len(bad) > 0 {
		return f, bad
	}
	return f, nil
}

// solveChanges determines which changes can be made together.
func (p *Provider) solveChanges(ctx context.Context, cs []resource.Change) ([]*item, error) {
	items := make([]*item, len(cs))
	for i, c := range cs {
		it := &item{change: c}
		items[i] = it
		if it.request, it.view, it.found, it.err = p.readStatus(ctx, c.Want); it.err == nil {
			it.request.location = it.view.at
			it.err = it.found.err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, its := range groupByView(items) {
		view := its[0].view
		if err := view.planTogether(ctx, its); err != nil {
			return nil, err
		}
		if err := view.refuseBroken(ctx, its); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// groupByView groups items by location, in the order of first mention.
func groupByView(items []*item) (groups [][]*item) {
	for _, it := range items {
		i := slices.IndexFunc(groups, func(g []*item) bool { return g[0].view == it.view })
		switch {
		case it.view == nil:
		case i < 0:
			groups = append(groups, []*item{it})
		default:
			groups[i] = append(groups[i], it)
		}
	}
	return groups
}

// hasPart reports whether an item has something to do, and can do it.
func (it *item) hasPart() bool {
	return it.err == nil && it.found.left == "" && !it.found.isReached(it.request)
}

// planTogether plans all items of one location as one: a path may move from one package to another. If there is a
// conflict, it adds them one by one, those with conflicts of their own last, and leaves out an item that causes a
// conflict.
func (view *farmView) planTogether(ctx context.Context, items []*item) error {
	var alone, not []*item
	for _, it := range items {
		switch {
		case !it.hasPart(), it.found.state.Interrupted: // its result is known once the interrupted change is finished
		case len(it.found.plan.Conflicts) > 0:
			not = append(not, it)
		default:
			alone = append(alone, it)
		}
	}
	parts := slices.Concat(alone, not)
	if len(not) == 0 && len(parts) < 2 {
		return nil // its own plan suffices
	}
	var all []store.Change
	for _, it := range parts {
		all = append(all, it.found.changes...)
	}
	plan, err := view.store.Plan(ctx, all, store.Options{Force: true})
	if err != nil {
		return err
	}
	if len(plan.Conflicts) > 0 {
		if plan, err = view.planOneByOne(ctx, parts); err != nil {
			return err
		}
	}
	for _, it := range parts {
		it.found.countLinks(it.request.name, plan)
	}
	return nil
}

// planOneByOne adds items to a plan unless they cause a conflict.
func (view *farmView) planOneByOne(ctx context.Context, items []*item) (good store.Plan, err error) {
	var changes []store.Change
	for _, it := range items {
		more := slices.Concat(changes, it.found.changes)
		plan, err := view.store.Plan(ctx, more, store.Options{Force: true})
		switch {
		case err != nil:
			return good, err
		case len(plan.Conflicts) > 0:
			it.err = conflictError(it.request, it.found, plan.Conflicts)
		default:
			changes, good = more, plan
		}
	}
	return good, nil
}

// refineChange returns the change with the exact version.
func (it *item) refineChange() resource.Change {
	c, now := it.change, it.found
	if now == nil {
		return c
	}
	if c.Action == resource.Create { // all links of a new package are new
		c.Attrs = slices.DeleteFunc(slices.Clone(c.Attrs), func(a resource.AttrChange) bool { return a.Name == "links" })
	}
	from, to := now.installedVersion(), versiondir.VersionName(now.goal)
	if v, ok := it.request.exactVersion(); ok && to == "" {
		to = v
	}
	if it.request.isGone() {
		to = ""
	}
	if from == to {
		return c
	}
	v := resource.AttrChange{Name: "version", Have: stringOrNil(from), Want: stringOrNil(to)}
	c.Attrs = slices.Clone(c.Attrs)
	at := slices.IndexFunc(c.Attrs, func(a resource.AttrChange) bool { return a.Name == "version" })
	if at >= 0 {
		c.Attrs[at] = v
		return c
	}
	at = slices.IndexFunc(c.Attrs, func(a resource.AttrChange) bool { return a.Name != "name" && a.Name != "ensure" })
	if at < 0 {
		at = len(c.Attrs)
	}
	c.Attrs = slices.Insert(c.Attrs, at, v)
	return c
}

func stringOrNil(s string) cty.Value {
	if s == "" {
		return cty.NilVal
	}
	return cty.StringVal(s)
}
