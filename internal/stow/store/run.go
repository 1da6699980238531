package store

import (
	"context"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// run is one command, or one look ahead at it.
type run struct {
	*Store
	at     place
	opts   Options
	locked map[string]*fsys.Dir // the packages whose lock is held
	jobs   []*job               // of the round that is under way
	known  map[string]bool      // which packages are of the protocol
	again  bool                 // plans repeat what was planned before
	view   string               // the view that a generation is one of; "" the target is no generation
	report Report

	options  string // that are planned by
	unlinked bool   // nothing is linked yet of what is being recovered
}

// Report is what Apply did.
type Report struct {
	Plan
	// Recovered are the interrupted changes that were finished, or taken back,
	// before anything else.
	Recovered []Move
}

func (s *Store) newRun(at place, o Options) *run {
	return &run{Store: s, at: at, opts: o, options: s.cfg.Options, locked: map[string]*fsys.Dir{}, known: map[string]bool{}}
}

func (r *run) close() {
	r.dropJobs()
	for _, d := range r.locked {
		d.Close()
	}
}

func (r *run) dropJobs() {
	for _, j := range r.jobs {
		j.seat.close()
	}
	r.jobs = nil
}

// lock locks packages by order of their names, and then the target, against
// every other command. Those of a view are locked against removal only: the
// view has its own lock.
func (r *run) lock(ctx context.Context, foos []string) error {
	foos = slices.Clone(foos)
	slices.Sort(foos)
	for _, foo := range slices.Compact(foos) {
		d, err := r.pkg(foo)
		if err != nil {
			return err
		}
		if d == nil {
			continue // a view may know a package that is gone
		}
		r.locked[foo] = d
		if err := d.Lock(ctx, r.at.home, r.waiting(foo)); err != nil {
			return err
		}
	}
	return r.at.dir.Lock(ctx, true, r.waiting(r.at.dir.Path()))
}

func (r *run) waiting(what string) func([]int) {
	return func([]int) { r.cfg.Warn("waiting for another process that changes " + what) }
}

// frame is what plans are made in.
func (r *run) frame() Frame {
	return Frame{
		Target:  r.at.dir,
		Stow:    r.at.stow,
		Sound:   len(r.jobs) > 0 || r.view != "",
		Again:   r.again,
		Options: r.options,
		Rules: func(inner farm.Rules) farm.Rules {
			return r.rules(inner)
		},
		Ignore: func(inner farm.Ignorer) farm.Ignorer {
			return &makefiles{inner: inner, store: r.Store, stow: r.at.stow, known: map[farm.Image]string{}}
		},
		Tree: func(t farm.Tree) farm.Tree { return r.hiding(t) },
	}
}

func (r *run) rules(inner farm.Rules) *rules {
	moved := ""
	if r.cfg.Moved != "" {
		moved = rel(r.at.dir.Path(), r.cfg.Moved)
	}
	return &rules{inner: inner, stow: r.at.stow, moved: moved, protocol: r.isProtocol}
}

// isProtocol remembers: it is asked for every link.
func (r *run) isProtocol(foo string) (bool, error) {
	if yes, ok := r.known[foo]; ok {
		return yes, nil
	}
	yes, err := r.protocol(r.at, foo)
	r.known[foo] = yes
	return yes, err
}

// prepare makes the jobs of wishes and the request that they come to.
func (r *run) prepare(wishes []wish) (farm.Request, error) {
	r.dropJobs()
	var q farm.Request
	for _, w := range slices.Concat(rounds(wishes)...) {
		if w.naive {
			if err := r.naive(&q, w); err != nil {
				return q, err
			}
			continue
		}
		r.known[w.foo] = true
		seat, err := r.at.seat(r.Store, w.foo)
		if err != nil {
			return q, err
		}
		j, err := r.job(w, seat)
		if err != nil {
			seat.close()
			return q, err
		}
		r.jobs = append(r.jobs, j)
		r.request(&q, j)
	}
	return q, nil
}

func (r *run) request(q *farm.Request, j *job) {
	for _, part := range j.unstow {
		q.Unstow = append(q.Unstow, r.image(j.foo, part))
	}
	for _, part := range j.stow {
		q.Stow = append(q.Stow, r.image(j.foo, part))
	}
}

// naive plans what GNU Stow would do. A holder of the stow directory itself
// holds its naive packages.
func (r *run) naive(q *farm.Request, w wish) error {
	img := r.image(w.foo, "")
	for _, c := range w.of {
		if c.Action != Stow {
			if err := r.naiveHolder(w.foo); err != nil {
				return err
			}
			q.Unstow = append(q.Unstow, img)
		}
		if c.Action != Unstow {
			q.Stow = append(q.Stow, img)
		}
	}
	return nil
}

func (r *run) naiveHolder(foo string) error {
	st := seat{dir: r.dir, path: r.dir.Path()}
	holder, err := st.link(nameManagedBy)
	if err != nil || holder == "" || r.opts.Force {
		return err
	}
	mine, err := r.actsFor(st, holder)
	if err != nil || mine {
		return err
	}
	return &HeldError{Package: foo, Holder: holder, Verb: "unstow"}
}

// rounds splits wishes: a package has one :stowing, so its :config waits until
// its versions are done.
func rounds(wishes []wish) [][]wish {
	both := map[string]bool{}
	for _, w := range wishes {
		if w.config && slices.ContainsFunc(wishes, func(o wish) bool { return o.foo == w.foo && !o.config }) {
			both[w.foo] = true
		}
	}
	var first, second []wish
	for _, w := range wishes {
		if w.config && both[w.foo] {
			second = append(second, w)
		} else {
			first = append(first, w)
		}
	}
	if second == nil {
		return [][]wish{first}
	}
	return [][]wish{first, second}
}

// Plan forecasts changes. It only reads. An interrupted package is an error: its
// present state is not settled.
func (s *Store) Plan(ctx context.Context, changes []Change, o Options) (Plan, error) {
	r := s.newRun(s.at, o)
	defer r.close()
	wishes, err := s.wishes(changes, o, r.isProtocol)
	if err != nil {
		return Plan{}, err
	}
	for _, w := range wishes {
		if err := r.settled(ctx, w); err != nil {
			return Plan{}, err
		}
	}
	p, err := r.look(ctx, wishes)
	if err == nil && len(p.Conflicts) == 0 {
		err = r.guard(ctx)
	}
	return p, err
}

// look plans wishes all at once.
func (r *run) look(ctx context.Context, wishes []wish) (Plan, error) {
	q, err := r.prepare(wishes)
	if err != nil {
		return Plan{}, err
	}
	return r.plan(ctx, q)
}

// settled makes sure that a package is not in the middle of a change. One that
// is at work on it is waited for.
func (r *run) settled(ctx context.Context, w wish) error {
	if w.naive {
		return nil
	}
	for try := 0; ; try++ {
		seat, err := r.at.seat(r.Store, w.foo)
		if err != nil {
			return err
		}
		was, err := seat.read()
		seat.close()
		if err != nil || !was.stowing {
			return err
		}
		if try > 0 {
			return &InterruptedError{Package: w.foo, From: was.installed, To: was.to}
		}
		if err := r.waitFor(ctx, w.foo); err != nil {
			return err
		}
	}
}

// waitFor waits until no other program works on a package.
func (r *run) waitFor(ctx context.Context, foo string) error {
	for _, path := range []string{r.dir.Path() + "/" + foo, r.at.dir.Path()} {
		d, err := r.cfg.OpenDir(path)
		if gone(err) {
			continue
		}
		if err != nil {
			return err
		}
		err = d.Lock(ctx, false, nil)
		d.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Apply makes changes, after it has finished what was interrupted. Nothing is
// written if there is nothing to do, and none if there are conflicts.
func (s *Store) Apply(ctx context.Context, changes []Change, o Options) (Report, error) {
	r := s.newRun(s.at, o)
	defer r.close()
	return r.apply(ctx, changes)
}

func (r *run) apply(ctx context.Context, changes []Change) (Report, error) {
	wishes, err := r.wishes(changes, r.opts, r.isProtocol)
	if err != nil {
		return r.report, err
	}
	foos := map[string]bool{}
	for _, w := range wishes {
		if !w.naive {
			foos[w.foo] = true
		}
	}
	names := sortedKeys(foos)
	if err := r.lock(ctx, names); err != nil {
		return r.report, err
	}
	defer func() { _ = r.at.dir.Unlock() }() // Close would, but the target outlives this
	if err := r.recover(ctx, names); err != nil {
		return r.report, err
	}
	all := rounds(wishes)
	// Conflicts of all rounds come before any of them.
	if r.report.Plan, err = r.look(ctx, wishes); err != nil {
		return r.report, err
	}
	if err := r.report.conflict(); err != nil {
		return r.report, err
	}
	if err := r.guard(ctx); err != nil {
		return r.report, err
	}
	if len(all) == 1 {
		return r.report, r.carryOut(ctx, r.report.Plan)
	}
	r.again = true
	for _, round := range all {
		p, err := r.look(ctx, round)
		if err == nil {
			err = p.conflict()
		}
		if err == nil {
			err = r.carryOut(ctx, p)
		}
		if err != nil {
			return r.report, err
		}
	}
	return r.report, nil
}
