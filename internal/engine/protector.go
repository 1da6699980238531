package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// protector is the part of a planner that refuses changes that affect protected things.
type protector struct{ *planner }

// refuseSideEffects refuses changes whose transaction would remove something protected. It reports whether it refused
// any. It asks the solver about single changes to find the causes; if no change alone is a cause, it refuses all
// changes of the provider.
func (r protector) refuseSideEffects(ctx context.Context) (refused bool) {
	for _, g := range r.groupBySolver(r.isPending) {
		p := r.Resources[g[0]].Provider()
		err := r.findProtected(ctx, r.also, p)
		if err == nil {
			continue
		}
		refused = true
		r.also = slices.DeleteFunc(r.also, func(e sideEffect) bool { return e.by == p })
		var left []int
		for _, i := range g {
			if r.refuseAlone(ctx, p, i); r.steps[i].notable().refused == nil {
				left = append(left, i)
			}
		}
		if len(left) == len(g) {
			for _, i := range g {
				r.steps[i].refuse(err)
			}
			continue
		}
		r.solveLeft(ctx, p, left)
	}
	return refused
}

// refuseAlone refuses a change that alone removes something protected.
func (r protector) refuseAlone(ctx context.Context, p resource.Provider, i int) {
	f, err := r.askSolver(ctx, p, []int{i})
	if err != nil {
		return // it cannot be made without the others
	}
	also := make([]sideEffect, len(f.Also))
	for k, c := range f.Also {
		also[k] = sideEffect{change: c, by: p}
	}
	r.steps[i].refuse(r.findProtected(ctx, also, p))
}

// solveLeft solves once more for the changes that were not refused.
func (r protector) solveLeft(ctx context.Context, p resource.Provider, left []int) {
	if len(left) == 0 {
		return
	}
	f, err := r.askSolver(ctx, p, left)
	r.takeForecast(p, left, f)
	if err == nil {
		if err = r.findProtected(ctx, r.also, p); err == nil {
			return
		}
	}
	r.fileRefusal(left, err)
}

// findProtected returns the error of a transaction that removes something protected.
func (r protector) findProtected(ctx context.Context, also []sideEffect, p resource.Provider) error {
	for _, e := range also {
		if e.by != p || e.change.Action != resource.Delete {
			continue
		}
		if by, ok := r.protected.by[r.Identity.Key(e.change.Key)]; ok {
			return resource.Certain(fmt.Errorf("cannot make the change: the transaction would remove %s, which is protected by %s", e.change.Addr, by))
		}
		paths, err := r.listTaken(ctx, p, e.change)
		if err == nil {
			err = r.protected.refuse(&resource.Resource{}, resource.Change{}, taken{removes: paths})
		}
		if err != nil {
			return resource.Certain(fmt.Errorf("cannot make the change: the transaction would remove %s: %w", e.change.Addr, err))
		}
	}
	return nil
}

// noteProtected is the note of a protected thing that nothing declares any more.
func noteProtected(by string) string {
	return "no longer declared; stays, because it was protected by " + by + "; converge forget lets it go"
}

// noteUndoes is the note of a thing that stays because another one, protected by a site, would otherwise differ from
// its declaration.
func noteUndoes(o *Orphan) string {
	return "no longer declared; stays, because without it " + o.Undoes + " would not be as it is, which is protected by " + o.By + "; converge forget lets it go"
}

// refuseEarly refuses what would remove something protected before anything is planned for that removal: a unit must
// not be stopped if its file stays.
func (r protector) refuseEarly() {
	for i := range r.steps {
		s := &r.steps[i]
		if s.state == waiting && s.unseen == nil && s.notable().refused == nil && (r.Undo != nil || s.action() == resource.Delete) {
			s.refuse(r.protected.refuse(r.Resources[i], s.plan(), taken{}))
		}
	}
}

// listTaken lists the protected files that the removal of a package removes.
func (r *plan) listTaken(ctx context.Context, p resource.Provider, c resource.Change) ([]string, error) {
	t, ok := p.(Taker)
	if !ok || c.Action != resource.Delete || len(r.protected.by) == 0 {
		return nil, nil
	}
	at := map[string]string{}
	paths, err := t.Takes(ctx, c, func(path string) bool {
		key := r.Identity.Key(assembly.PathKey + path)
		at[path] = strings.TrimPrefix(key, assembly.PathKey)
		return r.protected.has(key)
	})
	for i, path := range paths {
		paths[i] = at[path]
	}
	return paths, err
}

// refuseProtected returns the error of a change that removes or replaces something protected: its own thing, something
// that it removes or moves in addition, or a file of its package.
func (r *plan) refuseProtected(ctx context.Context, i int, c resource.Change, t taken) error {
	res := r.Resources[i]
	along, err := r.listTaken(ctx, res.Provider(), c)
	if err != nil {
		return err
	}
	t.removes = slices.Concat(t.removes, along)
	return r.protected.refuse(res, c, t)
}
