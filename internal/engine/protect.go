package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// protection knows what nothing may remove or replace: what resources of the site
// protect, and the things of other sites that the ledger has as protected.
type protection map[string]string // key of a thing → who protects it, and where that stands

// The keys of files that a protected thing is a part of, or needs besides; see
// [assembly.Files].
const (
	withinKey = "within:"
	writesKey = "writes:"
)

// newProtection collects the protected things of a run.
func newProtection(o Options) protection {
	p := protection{}
	for key, place := range o.Protected {
		p[o.Identity.Key(key)] = place
	}
	for _, res := range o.Resources {
		if res.Protect && !res.Off && res.Key != "" {
			by, files := DescribeProtector(res), o.Identity.FilesOf(res.Key)
			p[res.Key] = by
			for _, path := range files.Within {
				p[withinKey+path] = by
			}
			for _, path := range files.Writes {
				p[writesKey+path] = by
			}
		}
	}
	return p
}

// DescribeProtector names a resource that protects its thing.
func DescribeProtector(res *resource.Resource) string {
	if at := res.Place(); at != "" {
		return fmt.Sprintf("%s (%s)", res.Addr, at)
	}
	return res.Addr.String()
}

// refuse returns the error of a change that removes or replaces a protected thing:
// its own thing, or one of the paths that it removes besides.
func (p protection) refuse(c resource.Change, removes []string) error {
	if len(p) == 0 {
		return nil
	}
	if by, ok := p[c.Key]; ok {
		switch {
		case c.Action == resource.Delete:
			return fmt.Errorf("cannot remove it: it is protected by %s", by)
		case c.Action == resource.Update && c.Differs("type"):
			return fmt.Errorf("cannot replace it with another type: it is protected by %s", by)
		}
	}
	if path, ok := strings.CutPrefix(c.Key, assembly.PathKey); ok {
		if err := p.refuseFile(c, path); err != nil {
			return err
		}
	}
	for _, path := range removes {
		if by, ok := p[assembly.PathKey+path]; ok {
			return fmt.Errorf("cannot make the change: it would remove %s, which is protected by %s", path, by)
		}
		if by := p.holderOf(path); by != "" {
			return fmt.Errorf("cannot make the change: it would remove %s, where there is what is protected by %s", path, by)
		}
	}
	return nil
}

// refuseFile returns the error of a change of a file, as a whole, in which there is something
// protected: its removal, another type, or another content where that is a part of it.
func (p protection) refuseFile(c resource.Change, path string) error {
	switch by := p.holderOf(path); {
	case by == "":
	case c.Action == resource.Delete:
		return fmt.Errorf("cannot remove it: there is something in it that is protected by %s", by)
	case c.Action == resource.Update && c.Differs("type"):
		return fmt.Errorf("cannot replace it with another type: there is something in it that is protected by %s", by)
	case c.Action == resource.Update && c.Kind != nil && c.Differs(c.Kind.ContentAttr) && p[withinKey+path] != "":
		return fmt.Errorf("cannot replace its whole content: a part of it is protected by %s", by)
	}
	return nil
}

// holderOf names the protector of a thing that is in a file, or needs it; "": there is none.
func (p protection) holderOf(path string) string {
	if by := cmp.Or(p[withinKey+path], p[writesKey+path]); by != "" {
		return by
	}
	return p[writesKey+path+"/"]
}

// protector is the part of a planner that refuses changes for the sake of protected things.
type protector struct{ *planner }

// refuseSideEffects refuses changes whose transaction would remove something
// protected. It reports whether it refused any. A solver that is asked about one
// change alone tells which changes are the cause; if none is so on its own, all of
// its provider are.
func (r protector) refuseSideEffects(ctx context.Context) (refused bool) {
	for _, g := range r.groupBySolver(r.isPending) {
		p := r.Resources[g[0]].Provider()
		err := r.findProtected(r.also, p)
		if err == nil {
			continue
		}
		refused = true
		r.also = slices.DeleteFunc(r.also, func(e sideEffect) bool { return e.by == p })
		var left []int
		for _, i := range g {
			if r.refuseAlone(ctx, p, i); r.steps[i].refused == nil {
				left = append(left, i)
			}
		}
		if len(left) == len(g) {
			for _, i := range g {
				r.steps[i].refused = err
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
		return // without the others it cannot be made
	}
	also := make([]sideEffect, len(f.Also))
	for k, c := range f.Also {
		also[k] = sideEffect{change: c, by: p}
	}
	r.steps[i].refused = r.findProtected(also, p)
}

// solveLeft solves once more for the changes that were not refused.
func (r protector) solveLeft(ctx context.Context, p resource.Provider, left []int) {
	if len(left) == 0 {
		return
	}
	f, err := r.askSolver(ctx, p, left)
	r.takeForecast(p, left, f)
	if err == nil {
		if err = r.findProtected(r.also, p); err == nil {
			return
		}
	}
	r.fileRefusal(left, err)
}

// findProtected returns the error of a transaction that removes something protected.
func (r protector) findProtected(also []sideEffect, p resource.Provider) error {
	for _, e := range also {
		if e.by != p || e.change.Action != resource.Delete {
			continue
		}
		if by, ok := r.protected[r.Identity.Key(e.change.Key)]; ok {
			return resource.Certain(fmt.Errorf("cannot make the change: the transaction would remove %s, which is protected by %s", e.change.Addr, by))
		}
	}
	return nil
}

// noteProtected is the note of a protected thing that nothing declares any more.
func noteProtected(by string) string {
	return "no longer declared; stays, because it was protected by " + by + "; converge forget lets it go"
}

// refuseProtectedUndo refuses to take back what would remove something protected.
func (r protector) refuseProtectedUndo() {
	for i := range r.steps {
		if s := &r.steps[i]; r.Undo != nil && s.state == waiting && s.unseen == nil && s.refused == nil {
			s.refused = r.protected.refuse(s.plan, nil)
		}
	}
}
