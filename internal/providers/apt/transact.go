package apt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// ApplyAll implements [resource.Transactor]: all changes in one apt-get transaction. apt's operations are compared
// with the plan before dpkg starts, or solved again right before if the plan does not know enough. It omits and
// reports what cannot be made, and what would exceed the plan. An interrupt (ctx cancelled) only counts between steps:
// a running apt-get is completed. A deadline of ctx stops it.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, planned resource.Forecast) resource.Outcome {
	p.transaction.Lock()
	defer p.transaction.Unlock()
	before, beforeErr := p.currentDatabase() // the transaction reports the error
	b := &batch{p: p, cs: cs, planned: planned, out: map[int]error{}}
	j, err := b.runBatch(ctx)
	o := resource.Outcome{Errs: make([]error, len(cs))}
	failed := false
	for i := range cs {
		o.Errs[i] = err
		if j != nil {
			o.Errs[i] = transaction{job: j}.outcomeOf(j.items[i], err)
		}
		failed = failed || o.Errs[i] != nil
	}
	if err != nil && !failed { // it concerns a package that no resource declares
		why, _, _ := strings.Cut(err.Error(), "\n") // a notice is one line; apt keeps the rest in /var/log/apt/term.log
		p.SendNotice("all that was asked for is done, but: %s", why)
	}
	if after, err := p.currentDatabase(); err == nil && beforeErr == nil {
		o.Also = p.sideEffects(before, after, cs, j)
		o.Made = resources.PackagesMade(planned, cs, func(i int) string {
			if j == nil || o.Err(i) != nil {
				return ""
			}
			now, _ := after.findByName(j.items[i].name)
			return now.version
		})
		o.At = b.unpacked.momentsOf(after, cs)
	}
	return o
}

// transaction makes the changes that a job has solved.
type transaction struct {
	*job
	gate *gate // apt waits there for an answer before dpkg starts; nil: the transaction has been solved
}

// outcomeOf is the result of one change, by the database afterwards. err is the
// error that stopped the transaction.
func (t transaction) outcomeOf(it *item, err error) error {
	switch {
	case it.out:
		return it.err
	case it.err != nil:
		return it.reportError()
	}
	db, dbErr := t.sources.currentDatabase()
	if dbErr != nil {
		return errors.Join(err, dbErr)
	}
	now, _ := db.findByName(it.name)
	if err == nil || it.isSatisfiedBy(now) && it.isHeldAsWanted(now) && t.isUpToDate(it, now) {
		return nil // if not as wanted after all, the engine sees it
	}
	var failure *transactionError
	if !errors.As(err, &failure) {
		return err
	}
	err = failure.errorFor(it.name, now)
	if !isAbsent(it.ensure) && now.isUnpacked() {
		return resource.Unfinished(err)
	}
	return err
}

// isUpToDate reports whether a package that should be the latest has the version of the transaction.
func (t transaction) isUpToDate(it *item, now pkg) bool {
	if it.ensure != "latest" {
		return true
	}
	for _, o := range t.ops {
		if o.name == it.name {
			return o.new == now.version
		}
	}
	return now.version == it.have.version
}

// prepareJob prepares the machine for the transaction: no dpkg at work or
// interrupted, package lists of the age that is wanted.
func (b *batch) prepareJob(ctx context.Context, stale string) (*job, error) {
	p := b.p
	if err := (repairer{p.sources}).repairDpkg(ctx, b.cs); err != nil {
		return nil, err
	}
	j, err := b.newJob(ctx, p.currentLists())
	if err != nil {
		return nil, err
	}
	if len(j.installWords()) == 0 {
		return j, nil
	}
	if stale == "" {
		if stale, err = p.whyStale(j.wantsLatest()); err != nil {
			return nil, err
		}
	}
	if stale != "" {
		l, err := b.refreshLists(ctx, stale)
		if ctx.Err() != nil {
			return nil, err
		}
		if err := p.orOldLists(err, ""); err != nil { // the solver reports what is missing
			return nil, err
		}
		j.lists = l
	}
	return j, nil
}

// newJob is a job of the changes that take part.
func (b *batch) newJob(ctx context.Context, l lists) (*job, error) {
	j, err := b.p.newJob(ctx, b.cs, l)
	if err != nil {
		return nil, err
	}
	for i, err := range b.out {
		j.items[i].err, j.items[i].out = err, true
	}
	return j, nil
}

// refreshLists fetches the package lists.
func (b *batch) refreshLists(ctx context.Context, why string) (lists, error) {
	err := b.p.updateLists(ctx, why)
	l := b.p.currentLists()
	l.fresh, l.lacking = true, cmp.Or(err, b.p.trouble.whyLacking())
	return l, err
}

// solveJob makes apt solve the transaction, and removes from it what the plan does not cover. It returns no job if apt
// has no solution.
func (b *batch) solveJob(ctx context.Context, j *job) (*job, error) {
	if len(j.installWords()) == 0 {
		return j, nil
	}
	if err := j.solveAll(ctx, func() (lists, error) { return b.refreshLists(ctx, errStale.Error()) }); err != nil {
		return nil, err
	}
	j.refuseUnfetched()
	fresh := j.lists.fresh
	err := j.guardPlan(ctx, b.planned)
	j.lists.fresh = fresh
	return j, err
}

// carryOut makes the changes: apt-get, then what it cannot do itself. It adds to unpacked what dpkg changed.
func (t transaction) carryOut(ctx context.Context, unpacked *unpacking) error {
	before, err := t.sources.currentDatabase()
	if err != nil {
		return err
	}
	marks, err := t.sources.automaticMarks(before)
	if err != nil {
		return err
	}
	t.noticeMends()
	runErr := t.runAptGet(ctx)
	if runErr != nil && t.gate.isShut() {
		return runErr // nothing has been done
	}
	if errors.Is(runErr, resource.ErrLeft) {
		return runErr // apt has the locks, and is not done
	}
	if err := t.purgeLeftovers(ctx); err != nil && runErr == nil { // even if others failed
		runErr = err
	}
	if err := t.setMarks(context.WithoutCancel(ctx), marks); err != nil && runErr == nil {
		runErr = err
	}
	// Holds are restored after a failure and an interrupt too: a hold that apt
	// dropped is a person's decision.
	if err := t.setHolds(context.WithoutCancel(ctx), before); err != nil {
		runErr = errors.Join(runErr, err)
	}
	after, err := t.sources.currentDatabase()
	if err != nil {
		return errors.Join(runErr, err)
	}
	unpacked.addDifferences(t.sources.Tree, before, after)
	return runErr
}

// runAptGet is the one apt-get.
func (t transaction) runAptGet(ctx context.Context) error {
	words := t.installWords()
	if len(words) == 0 {
		return nil
	}
	argv := append([]string{"apt-get", "-y", "-q"}, t.solverOptions()...)
	argv = append(argv, dpkgOptions("-o", "Dpkg::Options::=")...)
	argv = append(argv, "-o", "DPkg::Lock::Timeout="+strconv.Itoa(int(max(0, t.sources.Patience).Seconds())),
		"-o", "Acquire::Retries=3", "-o", "APT::Color=0")
	argv = append(append(argv, t.permissionOptions()...), t.gate.options()...)
	argv = append(argv, "install", "--")
	t.sources.ReportProgress("%s", t.countOperations())
	defer t.gate.close()
	res, err := t.sources.runLocked(ctx, []string{lockFrontend, lockDpkg, lockArchives},
		tool.Command{Argv: append(argv, words...), Line: t.sources.progressLine(), Keep: true, Inherit: t.gate.inherited()})
	if err != nil || res.Status != 0 {
		return newTransactionError("apt-get", res, err)
	}
	return nil
}

// permissionOptions are what apt-get may do: exactly what was checked.
func (t transaction) permissionOptions() []string {
	var removes, downgrades, held bool
	for _, o := range t.ops {
		p, _ := t.db.findByName(o.name)
		removes = removes || o.removes()
		downgrades = downgrades || o.downgrades()
		held = held || p.isHeld() && o.old != o.new
	}
	var out []string
	if !removes {
		out = append(out, "--no-remove", "--no-auto-remove") // APT::Get::AutomaticRemove fails where nothing may be removed
	}
	if downgrades {
		out = append(out, "--allow-downgrades")
	}
	if held {
		out = append(out, "--allow-change-held-packages")
	}
	return out
}

// dpkgOptions keep configuration files that were changed on the machine, and use the package's versions of unchanged
// ones.
func dpkgOptions(before ...string) []string {
	prefix := before[len(before)-1]
	var out []string
	for _, o := range []string{"--force-confdef", "--force-confold"} {
		out = append(append(out, before[:len(before)-1]...), prefix+o)
	}
	return out
}

// purgeLeftovers removes what packages leave behind. In the same run apt-get could only do so for all removed
// packages.
func (t transaction) purgeLeftovers(ctx context.Context) error {
	var names []string
	db, err := t.sources.currentDatabase()
	if err != nil {
		return err
	}
	for _, it := range t.items {
		if now, ok := db.findByName(it.name); ok && it.err == nil && it.ensure == "purged" && now.state == "config-files" {
			names = append(names, it.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	argv := append([]string{"dpkg", "--purge", "--"}, names...)
	res, err := t.sources.runLocked(ctx, []string{lockFrontend, lockDpkg}, tool.Command{Argv: argv, Line: t.sources.progressLine(), Keep: true})
	if err != nil || res.Status != 0 {
		return newTransactionError("dpkg", res, err)
	}
	return nil
}

func (t transaction) countOperations() string {
	install, upgrade, remove := 0, 0, 0
	for _, o := range t.ops {
		switch {
		case o.removes():
			remove++
		case o.old == "":
			install++
		default:
			upgrade++
		}
	}
	return fmt.Sprintf("one transaction: %d to install, %d to change, %d to remove", install, upgrade, remove)
}
