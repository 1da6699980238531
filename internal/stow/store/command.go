package store

import (
	"context"
	"maps"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// command is one change of a target under its locks, or one forecast of it.
type command struct {
	store   *Store
	locks   *locks
	resolve *resolver
	planner *planner
	writer  *stateWriter
	notify  bool
	jobs    []*job // of the current round
	report  Report
}

// Report describes the effect of an Apply.
type Report struct {
	Plan
	// Recovered are the interrupted changes that were finished or undone first.
	Recovered []Move
}

func (s *Store) newCommand(at Location, o Options) *command {
	r := s.newResolver(at, o)
	return &command{
		store:   s,
		locks:   &locks{Location: at, warn: s.cfg.Warn, packages: map[string]*fsys.Dir{}},
		resolve: r,
		planner: &planner{Location: at, cfg: s.cfg, protocol: r.isProtocol, options: s.cfg.Options},
		writer:  &stateWriter{Writer: s.Writer(), Location: at, store: s, view: at.target.Path()},
		notify:  o.Notify,
	}
}

func (c *command) close() {
	c.dropJobs()
	c.locks.unlockPackages()
}

func (c *command) dropJobs() {
	for _, j := range c.jobs {
		j.state.close()
	}
	c.jobs = nil
}

// addJob makes a job from the state of a package, and adds its parts to a request to the planner.
func (c *command) addJob(foo string, to *farm.Request, build func(packageState) (*job, error)) error {
	c.resolve.known[foo] = true
	st, err := c.resolve.state(foo)
	if err != nil {
		return err
	}
	j, err := build(st)
	if err != nil {
		st.close()
		return err
	}
	c.jobs = append(c.jobs, j)
	j.addTo(to, c.resolve.stow)
	return nil
}

// forecast plans changes without locks. An interrupted package is an error.
func (c *command) forecast(ctx context.Context, changes []Change) (Plan, error) {
	requests, err := c.resolve.collectRequests(changes)
	if err != nil {
		return Plan{}, err
	}
	for _, q := range requests {
		if q.naive {
			continue
		}
		if err := c.resolve.checkSettled(ctx, q.foo); err != nil {
			return Plan{}, err
		}
	}
	p, err := c.planRequests(ctx, requests)
	if err == nil && len(p.Conflicts) == 0 {
		err = c.checkGuard(ctx)
	}
	return p, err
}

// apply finishes interrupted changes, and then makes the requested ones.
func (c *command) apply(ctx context.Context, changes []Change) error {
	requests, err := c.resolve.collectRequests(changes)
	if err != nil {
		return err
	}
	foos := packagesOf(requests)
	if err := c.locks.lockAll(ctx, foos); err != nil {
		return err
	}
	defer c.locks.unlockTarget()
	r := recovery{c}
	if err := r.recoverPackages(ctx, foos); err != nil {
		return err
	}
	// Plan all rounds before any is carried out, so that conflicts come first.
	if c.report.Plan, err = c.planRequests(ctx, requests); err != nil {
		return err
	}
	if err := c.report.asConflict(); err != nil {
		return err
	}
	if err := c.checkGuard(ctx); err != nil {
		return err
	}
	rounds := splitRounds(requests)
	if len(rounds) == 1 {
		return c.carryOut(ctx, c.report.Plan)
	}
	c.planner.again = true
	for _, round := range rounds {
		p, err := c.planRequests(ctx, round)
		if err == nil {
			err = p.asConflict()
		}
		if err == nil {
			err = c.carryOut(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// packagesOf lists the packages of the protocol in requests, in byte order.
func packagesOf(requests []request) []string {
	foos := []string{}
	for _, q := range requests {
		if !q.naive {
			foos = append(foos, q.foo)
		}
	}
	slices.Sort(foos)
	return slices.Compact(foos)
}

// planRequests plans all requests together.
func (c *command) planRequests(ctx context.Context, requests []request) (Plan, error) {
	c.dropJobs()
	var q farm.Request
	for _, w := range slices.Concat(splitRounds(requests)...) {
		var err error
		if w.naive {
			err = c.resolve.addNaive(&q, w)
		} else {
			err = c.addJob(w.foo, &q, func(st packageState) (*job, error) { return c.resolve.makeJob(w, st, c.jobs) })
		}
		if err != nil {
			return Plan{}, err
		}
	}
	return c.planner.planJobs(ctx, q, c.jobs)
}

// carryOut carries the jobs out as planned, and then notifies holders.
func (c *command) carryOut(ctx context.Context, p Plan) error {
	done, err := c.writer.carryOut(ctx, c.jobs, p)
	if err != nil || !c.notify {
		return err
	}
	for _, j := range done {
		c.store.notifyLoser(ctx, j)
	}
	return nil
}

// checkGuard asks Settings.Guard about the switches among the jobs.
func (c *command) checkGuard(ctx context.Context) error {
	var switches []Switch
	after := map[string]string{}
	for _, j := range c.jobs {
		if !j.goal.Config {
			after[j.foo] = j.goal.Version
			switches = addSwitch(switches, j.foo, j.was.Installed, j.goal.Version)
		}
	}
	return c.store.guardSwitches(ctx, switches, func() (map[string]string, error) {
		shown, err := c.resolve.ShownVersions(ctx)
		if err == nil {
			maps.Copy(shown, after)
		}
		return shown, err
	})
}

// guardSwitches asks Settings.Guard about switches, if there are any. shown returns the version of each package
// afterwards; "" is none.
func (s *Store) guardSwitches(ctx context.Context, switches []Switch, shown func() (map[string]string, error)) error {
	if s.cfg.Guard == nil || len(switches) == 0 {
		return nil
	}
	after, err := shown()
	if err != nil {
		return err
	}
	maps.DeleteFunc(after, func(_, version string) bool { return version == "" })
	return s.cfg.Guard(ctx, switches, after)
}

// addSwitch adds a switch if the shown version of a package changes.
func addSwitch(switches []Switch, foo, from, to string) []Switch {
	if from == "" || from == to {
		return switches
	}
	return append(switches, Switch{foo, from, to})
}
