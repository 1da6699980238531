package apt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// request is a request to apt: changes in its terms, the package lists to use, and apt's last answer.
type request struct {
	sources *sources
	db      *database
	items   []*item
	lists   lists
	ops     []operation // apt's operations, once solved

	unneeded []string // dependencies of removed packages that nothing needs any more

	private string // a folder of files that only a plan shows to apt; "" if there are none
	brief   bool   // apt's shorter answer suffices, if there is one: see askSolution

	// extra are packages to install beside the items: recommended ones of only some items. See recommends.go.
	extra []string
	// mends are all operations beside the items, if dependencies were unmet: see mend.go.
	mends []operation
}

// job solves a batch of changes: it finds the largest part of them that apt can do
// together without any unwanted operation.
type job struct{ request }

// errStale means that newer package lists may offer what the present ones do not.
var errStale = errors.New("the package lists may be out of date")

func (p *Provider) newJob(ctx context.Context, cs []resource.Change, l lists) (*job, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	j := &job{request{sources: p.sources, db: db, lists: l}}
	for _, c := range cs {
		j.items = append(j.items, p.newItem(ctx, db, c))
	}
	return j, nil
}

// installWords returns the arguments of apt-get install.
func (q *request) installWords() []string {
	var out []string
	for _, it := range q.items {
		if it.err == nil && it.word != "" && !it.forced && !slices.Contains(out, it.word) {
			out = append(out, it.word)
		}
	}
	return append(append(out, q.extra...), mendWords(q.mends)...)
}

func (q *request) wantsLatest() bool {
	return slices.ContainsFunc(q.items, func(it *item) bool { return it.ensure == "latest" })
}

// solveAll asks apt what the whole transaction would do. It marks and removes a change that cannot be made, and asks
// for the rest again. refresh gets newer package lists; it is called at most once, when the present ones lack
// something.
func (j *job) solveAll(ctx context.Context, refresh func() (lists, error)) error {
	for {
		err := j.trySolve(ctx)
		if !errors.Is(err, errStale) {
			return err
		}
		l, fail := refresh()
		if fail != nil {
			if err := j.sources.orOldLists(fail, ""); err != nil {
				return err
			}
			l = j.lists
			l.lacking = fail
		}
		l.fresh = true // as fresh as possible
		j.lists = l
	}
}

// trySolve is one attempt of solveAll, on the lists as they are.
func (j *job) trySolve(ctx context.Context) error {
	if err := j.pickVersions(ctx); err != nil {
		return err
	}
	for {
		j.ops, j.mends = nil, nil
		words := j.installWords()
		if len(words) == 0 {
			j.addForced()
			return nil
		}
		if err := j.askRecommended(ctx); err != nil {
			return err
		}
		ops, bad, err := j.askSolution(ctx, j.installWords())
		if mustMendFirst(bad) {
			ops, bad, err = mender{j}.askMended(ctx, bad)
		}
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			if err := j.markCauses(ctx, bad); err != nil {
				return err
			}
			continue
		}
		j.ops = slices.DeleteFunc(ops, j.isRepaired)
		j.addForced()
		again, err := j.nameVirtual(ctx)
		if err == nil && !again {
			again, err = refuseForeign(j)
		}
		if err != nil {
			return err
		}
		if !j.checkDeclared() || again {
			continue
		}
		if again, err = j.refuseContradictions(ctx); err != nil || !again {
			return err
		}
	}
}

// pickVersions selects a version for every constraint, from the offered ones.
func (j *job) pickVersions(ctx context.Context) error {
	var open []*item
	var names []string
	for _, it := range j.items {
		if it.needsOffer() {
			open, names = append(open, it), append(names, it.name)
		}
	}
	if len(open) == 0 {
		return nil
	}
	offers, err := j.sources.askOffers(ctx, j.lists, names)
	if err != nil {
		return err
	}
	var virtual []*item
	for _, it := range open {
		o, known := offers[it.name]
		v, ok := o.chooseVersion(it.set)
		switch {
		case it.asked != "":
			virtual = append(virtual, it)
		case ok:
			it.word = it.name + "=" + v
		case known && len(o.versions) == 0:
			virtual = append(virtual, it)
		case !j.lists.fresh:
			return errStale
		case known && len(o.versions) > 0:
			it.err = fmt.Errorf("it is offered only in versions that are not wanted: %s%s", strings.Join(o.versions, ", "), j.sources.trouble.errorClause())
		default: // let apt report the problem with the name
		}
	}
	return j.pickVirtual(ctx, virtual)
}

// simulateWords asks apt-get what it would do with the words and options. It takes no lock.
func (q *request) simulateWords(ctx context.Context, words []string, options ...string) ([]operation, []problem, error) {
	res, err := q.simulate(ctx, words, options...)
	if err != nil {
		return nil, nil, err
	}
	if res.Status == 0 {
		q.unneeded = parseUnneeded(res.Stdout)
		return q.normalizeNames(parseSimulation(res.Stdout)), nil, nil
	}
	bad := parseProblems(res.Stdout, res.Stderr)
	if len(bad) == 0 {
		bad = []problem{{msg: firstErrors(res)}}
	}
	return nil, bad, nil
}

// simulate runs apt-get install with the words, which changes nothing.
func (q *request) simulate(ctx context.Context, words []string, options ...string) (tool.Result, error) {
	argv := append(append([]string{"apt-get", "-s", "-q=1"}, writesNothing()...), q.lists.options...)
	argv = append(append(argv, q.solverOptions()...), options...)
	argv = append(append(argv, "install", "--"), words...)
	res, err := q.sources.Run(ctx, tool.Command{Argv: argv})
	if err != nil {
		return res, fmt.Errorf("cannot ask apt for its solution: %w", err)
	}
	return res, nil
}

// writesNothing are the options by which apt-get leaves the machine alone when it is only asked. Even then it notes
// the question in its planner's log, and removes a package file from its cache whose size differs from the lists.
func writesNothing() []string {
	return []string{"-o", "Dir::Log::Planner=/dev/null", "-o", "Dir::Cache::archives=/dev/null"}
}

// forgetUnneededBefore reduces the packages that nothing needs after the removals to those that are needed now:
// earlier removals have left the others behind. It keeps all if apt refuses to answer without a change, because
// dependencies are unmet now.
func (j *job) forgetUnneededBefore(ctx context.Context) error {
	if len(j.unneeded) == 0 || j.lastRemoval() == nil {
		return nil
	}
	before, err := j.unneededNow(ctx)
	if err != nil {
		return err
	}
	j.unneeded = slices.DeleteFunc(j.unneeded, func(name string) bool { return slices.Contains(before, name) })
	return nil
}

// unneededNow lists the packages that nothing needs as the machine is.
func (j *job) unneededNow(ctx context.Context) ([]string, error) {
	if j.brief && !j.db.isUnfinished() {
		if s, err := j.askPrinted(ctx, nil); err == nil {
			return s.unneeded, nil
		}
	}
	res, err := j.simulate(ctx, nil)
	return parseUnneeded(res.Stdout), err
}

// isRepaired reports whether an operation removes a package only because dpkg was killed during its own: it is
// reinstalled before the transaction.
func (q *request) isRepaired(o operation) bool {
	have, ok := q.db.findByName(o.name)
	return ok && o.removes() && have.isDamaged() && q.itemOf(o.name) == nil
}

// normalizeNames gives the packages the names that the database has for them.
func (q *request) normalizeNames(ops []operation) []operation {
	for i := range ops {
		ops[i].name = q.db.nameOf(ops[i].name)
	}
	return ops
}

// markCauses marks the changes that cause the problems. If none can be named, the
// whole transaction is impossible.
func (j *job) markCauses(ctx context.Context, bad []problem) error {
	if !j.lists.fresh && slices.ContainsFunc(bad, func(b problem) bool { return b.unknown }) {
		return errStale
	}
	found := false
	var rest []string
	for _, b := range bad {
		it := j.itemOf(b.name)
		if it == nil {
			if b.broken {
				b.msg += "; dpkg --remove --force-remove-reinstreq " + b.name + " removes it"
			}
			rest = append(rest, strings.TrimPrefix(b.name+": "+b.msg, ": "))
			continue
		}
		found = true
		if b.broken && it.removes {
			if err := j.forceRemoval(it); err != nil {
				return err
			}
			continue
		}
		msg := b.msg
		if b.unknown && strings.HasPrefix(msg, "it is in none") {
			msg += j.sources.didYouMean(ctx, j.lists, it.name)
		}
		if b.unknown {
			msg += j.offeredInstead(ctx, it)
		}
		if b.unknown || b.needsSource() {
			msg += j.sources.trouble.errorClause()
		}
		if it.err == nil {
			it.err = errors.New(msg)
		}
	}
	if found {
		return nil
	}
	err := fmt.Errorf("apt finds no solution: %s", strings.Join(rest, "; "))
	if !slices.ContainsFunc(j.items, func(it *item) bool { return it.err == nil && it.word != "" && !it.removes }) {
		return resource.Certain(err) // as of each removal
	}
	return err
}

// itemOf finds the change about a package that still takes part.
func (q *request) itemOf(name string) *item {
	if name = q.db.nameOf(name); name == "" {
		return nil
	}
	for _, it := range q.items {
		if it.err == nil && it.word != "" && (it.name == name || it.deb.name == name) {
			return it
		}
	}
	return nil
}

// checkDeclared marks the declared changes that apt must not make in its way; it is false if there are any.
func (j *job) checkDeclared() bool {
	ok := true
	for _, o := range j.ops {
		it := j.itemOf(o.name)
		if it == nil {
			continue
		}
		if err := it.checkOperation(o); err != nil {
			it.err, ok = err, false
		}
	}
	return ok
}

// solverOptions are the options of a transaction that affect the solution.
func (q *request) solverOptions() []string {
	switch q.recommendChoice() {
	case resources.RecommendsOn:
		return []string{"-o", "APT::Install-Recommends=true"}
	case resources.RecommendsOff, resources.RecommendsMixed:
		return []string{"-o", "APT::Install-Recommends=false"}
	}
	return nil
}
