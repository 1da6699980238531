package files

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// maxDirs is how many directories one group commit may hold open: below the
// 1024 files that many systems allow a process by default.
const maxDirs = 512

// batch is the changes of one call on their way down.
type batch struct {
	p     *Provider
	txn   *fsys.Txn
	errs  []error
	steps map[int][]*fsys.Step // of the changes staged in txn
	going map[string]bool      // paths that the call removes
}

// ApplyAll implements [resource.Transactor]: it stages all changes, and applies
// them in one group commit. A failed change does not affect the others. Removals
// come last, from the bottom up.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	b := &batch{p: p, errs: make([]error, len(cs)), going: map[string]bool{}}
	typed := make([]fileChange, len(cs))
	for i := range cs {
		typed[i], b.errs[i] = resource.TypeChange[resources.Entry](cs[i])
		if c := &typed[i]; c.Action == resource.Delete {
			b.going[c.Want.Path.Bytes()] = true
		}
	}
	p.held.Forget()
	defer p.held.Forget()
	b.begin()
	for _, i := range order(typed) {
		if b.errs[i] != nil {
			continue
		}
		if b.txn.Dirs() >= maxDirs {
			b.commit(ctx)
		}
		if err := ctx.Err(); err != nil {
			b.errs[i] = err
			continue
		}
		c := change{batch: b, ctx: ctx, c: &typed[i]}
		if err := c.stage(); err != nil {
			for _, s := range c.steps {
				b.txn.Drop(s, err)
			}
			b.errs[i] = p.named(err)
			continue
		}
		b.steps[i] = c.steps
	}
	b.commit(ctx)
	b.txn.Abort()
	return resource.Outcome{Errs: b.errs}
}

func (b *batch) begin() {
	b.txn, b.steps = b.p.fs.Begin(b.p.o.RunID), map[int][]*fsys.Step{}
}

// commit applies the staged changes, and begins a new group.
func (b *batch) commit(ctx context.Context) {
	all := b.txn.Commit(ctx)
	for i, steps := range b.steps {
		for _, s := range steps {
			b.errs[i] = cmp.Or(b.errs[i], b.p.named(s.Err()))
		}
		b.errs[i] = cmp.Or(b.errs[i], all)
	}
	b.begin()
}

// order is the order of the changes, but for removals, which come last, the
// deepest first.
func order(cs []fileChange) []int {
	out := make([]int, len(cs))
	for i := range cs {
		out[i] = i
	}
	depth := func(i int) int {
		if cs[i].Action != resource.Delete {
			return 0
		}
		return -strings.Count(cs[i].Want.Path.Bytes(), "/")
	}
	slices.SortStableFunc(out, func(i, j int) int {
		if a, b := depth(i), depth(j); (a == 0) != (b == 0) {
			return cmp.Compare(b, a)
		} else {
			return cmp.Compare(a, b)
		}
	})
	return out
}

// change is one of them being staged. It lives for one call of ApplyAll.
type change struct {
	*batch
	ctx   context.Context //nolint:containedctx // of the one call it is part of
	c     *fileChange
	steps []*fsys.Step
}

func (c *change) stage() error {
	switch c.c.Want.Type {
	case resources.TypeDirectory:
		return c.dir()
	case resources.TypeLink:
		return c.link()
	}
	return c.file()
}

// add takes note of a step, and fails with it.
func (c *change) add(s *fsys.Step) error {
	c.steps = append(c.steps, s)
	return s.Err()
}
