package files

import (
	"cmp"
	"context"
	"maps"
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
	changes []change
	later   []resource.Change // that the run is to make after these
	errs    []error
	txn     *fsys.Txn
	steps   map[int][]*fsys.Step // of the changes staged in txn, by their index
	going   map[string]bool      // paths that the call removes
	made    map[int][]string     // folders that were made for a change, by its index
}

// ApplyAll implements [resource.Transactor]: it stages all changes, and applies
// them in one group commit. A failed change does not affect the others. Removals
// come last, from the bottom up.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, planned resource.Forecast) resource.Outcome {
	tx := &transaction{base: p.base, errs: make([]error, len(cs)), going: map[string]bool{}, made: map[int][]string{}}
	changes := make([]change, len(cs))
	tx.changes = changes
	for i, c := range cs {
		changes[i], tx.errs[i] = p.decodeChange(c)
		if c.Action == resource.Delete {
			tx.going[changes[i].request.path] = true
		}
	}
	p.held.Forget()
	defer p.held.Forget()
	tx.begin()
	order := orderChanges(changes)
	for k, i := range order {
		if tx.txn.Dirs() >= maxDirs {
			tx.later = laterChanges(changes, order[k:], planned.Later)
			tx.commit(ctx)
		}
		if err := cmp.Or(tx.errs[i], ctx.Err()); err != nil {
			tx.errs[i] = err
			continue
		}
		tx.stage(ctx, i, &changes[i])
	}
	tx.later = planned.Later
	tx.commit(ctx)
	tx.txn.Abort()
	tx.tidyFolders(ctx, changes)
	return resource.Outcome{Errs: tx.errs}
}

// laterChanges lists the changes that are left of a call, by their indexes, and those that come after
// the call: checks of the set see them as one.
func laterChanges(changes []change, left []int, after []resource.Change) []resource.Change {
	out := make([]resource.Change, 0, len(left)+len(after))
	for _, i := range left {
		out = append(out, changes[i].Change)
	}
	return append(out, after...)
}

func (tx *transaction) begin() {
	tx.txn, tx.steps = tx.fs.Begin(tx.runID), map[int][]*fsys.Step{}
}

// stage stages one change, or drops what was staged of it.
func (tx *transaction) stage(ctx context.Context, i int, c *change) {
	s := staging{base: tx.base, ctx: ctx, txn: tx.txn, change: c, request: &c.request, going: tx.going}
	err := stageChange(&s)
	tx.made[i] = s.made
	if err == nil {
		tx.steps[i] = s.steps
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
	for i, steps := range tx.steps {
		for _, s := range steps {
			tx.errs[i] = cmp.Or(tx.errs[i], tx.access.nameUsers(s.Err()))
		}
		tx.errs[i] = cmp.Or(tx.errs[i], all)
	}
	tx.begin()
}

// members are the staged changes as the checks take them, in order.
func (tx *transaction) members() []verify.Member {
	var out []verify.Member
	for _, i := range slices.Sorted(maps.Keys(tx.steps)) {
		m := verify.Member{Steps: tx.steps[i], Secret: tx.changes[i].whySecret()}
		if c, set := tx.changes[i].checkOfSet(); set {
			m.Checks = []verify.Check{c}
		}
		out = append(out, m)
	}
	return out
}

// orderChanges returns the indexes of the changes in their order, with removals
// last, the deepest first.
func orderChanges(cs []change) []int {
	out := make([]int, len(cs))
	for i := range cs {
		out[i] = i
	}
	depth := func(i int) int {
		if cs[i].Action != resource.Delete {
			return 0
		}
		return -strings.Count(cs[i].request.path, "/")
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
