package files

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
)

// maxDirs is how many directories one group commit may hold open: below the
// 1024 files that many systems allow a process by default.
const maxDirs = 512

// transaction is the changes of one call of ApplyAll.
type transaction struct {
	*base
	later  func() []resource.Change // what the run is to make after these; nil: nothing
	all    resource.Forecast        // of the changes
	errs   []error
	lasts  []bool // of each change: whether some of it has been made, and stays
	txn    *fsys.Txn
	staged []staged        // the changes staged in txn
	going  map[string]bool // paths that the call removes
	made   map[string]bool // folders that the call has made above what it creates
	lone   []loneFolders   // what is tidied at the end
}

// staged is a staged change. It is not kept decoded, which takes ten times the memory.
type staged struct {
	i int // its index in the call
	verify.Member
}

// ApplyAll implements [resource.Transactor]: it stages all changes, and applies them in one group commit. A failed
// change does not affect the others. Removals come last, from the bottom up.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, planned resource.Forecast) resource.Outcome {
	tx := &transaction{base: p.base, all: planned, errs: make([]error, len(cs)), lasts: make([]bool, len(cs)), going: map[string]bool{}, made: map[string]bool{}}
	depth := make([]int, len(cs)) // of removals; 0: it is none
	for i := range cs {
		if cs[i].Action != resource.Delete {
			continue
		}
		c, err := p.decodeChange(cs[i])
		tx.errs[i], tx.going[c.request.path] = err, true
		depth[i] = strings.Count(c.request.path, "/")
	}
	p.held.Forget()
	defer p.held.Forget()
	tx.begin()
	order := orderChanges(depth)
	var c change // one for all, because it is large
	for k, i := range order {
		if tx.txn.Dirs() >= maxDirs {
			tx.later = laterChanges(cs, order[k:], planned.Later)
			tx.commit(ctx)
		}
		var err error
		if c, err = p.decodeChange(cs[i]); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			tx.errs[i] = err
			continue
		}
		tx.stage(ctx, i, &c)
	}
	tx.later = planned.Later
	tx.commit(ctx)
	tx.txn.Abort()
	tx.tidyFolders(ctx)
	tx.markUntouched()
	return resource.Outcome{Errs: tx.errs}
}

// laterChanges lists the remaining changes of a call, by their indexes, and those that come after the call: checks of
// the set see all of them.
func laterChanges(changes []resource.Change, left []int, after func() []resource.Change) func() []resource.Change {
	return func() []resource.Change {
		out := make([]resource.Change, 0, len(left))
		for _, i := range left {
			out = append(out, changes[i])
		}
		if after != nil {
			out = append(out, after()...)
		}
		return out
	}
}

func (tx *transaction) begin() { tx.txn, tx.staged = tx.fs.Begin(tx.runID), nil }

// stage stages one change, or discards what was staged of it.
func (tx *transaction) stage(ctx context.Context, i int, c *change) {
	s := staging{base: tx.base, ctx: ctx, txn: tx.txn, change: c, request: &c.request, going: tx.going, folders: tx.made}
	var err error
	if s.recorded, err = readRecorded(tx.all, i); err == nil {
		err = stageChange(&s)
	}
	tx.lasts[i] = s.lasts
	if c.request.Parents.Value {
		tx.lone = append(tx.lone, loneFolders{i, s.made, parentOf(c.request.path), c.request.isFile(), c.Action == resource.Delete && c.request.isFile()})
	}
	if err == nil {
		m := verify.Member{Steps: s.steps, Secret: c.whySecret()}
		if check, set := c.checkOfSet(); set {
			m.Checks = []verify.Check{check}
		}
		tx.staged = append(tx.staged, staged{i, m})
		return
	}
	for _, step := range s.steps {
		tx.txn.Drop(step, err)
	}
	tx.errs[i] = tx.access.nameUsers(err)
}

// commit applies the staged changes, and begins a new group.
func (tx *transaction) commit(ctx context.Context) {
	all := tx.checks.Commit(ctx, tx.txn, tx.members(), tx.later)
	for _, c := range tx.staged {
		for _, s := range c.Steps {
			tx.errs[c.i] = cmp.Or(tx.errs[c.i], tx.access.nameUsers(s.Err()))
		}
		tx.lasts[c.i] = tx.lasts[c.i] || len(c.Steps) > 1
		tx.errs[c.i] = cmp.Or(tx.errs[c.i], all)
	}
	tx.begin()
}

// markUntouched marks the errors of changes of which nothing was made: an entry was changed since it was looked at, and
// whatever is there now has another origin.
func (tx *transaction) markUntouched() {
	for i, err := range tx.errs {
		if !tx.lasts[i] && errors.Is(err, fsys.ErrChanged) {
			tx.errs[i] = resource.Untouched(err)
		}
	}
}

// members are the staged changes as the checks take them, in order.
func (tx *transaction) members() []verify.Member {
	slices.SortFunc(tx.staged, func(a, b staged) int { return cmp.Compare(a.i, b.i) })
	out := make([]verify.Member, len(tx.staged))
	for k := range tx.staged {
		out[k] = tx.staged[k].Member
	}
	return out
}

// orderChanges returns the indexes of changes in their order, with removals last, the deepest
// first. depth is that of each removal, and 0 of others.
func orderChanges(depth []int) []int {
	out := make([]int, len(depth))
	for i := range depth {
		out[i] = i
	}
	slices.SortStableFunc(out, func(i, j int) int {
		if a, b := depth[i], depth[j]; (a == 0) != (b == 0) {
			return cmp.Compare(a, b)
		} else {
			return cmp.Compare(b, a)
		}
	})
	return out
}
