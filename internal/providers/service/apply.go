package service

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// apply makes all of ws true: files first, one daemon-reload if need be, then
// the jobs, side by side.
func (s *systemd) apply(ctx context.Context, ws []wanted) []error {
	errs := make([]error, len(ws))
	b, err := s.connect(ctx)
	if err != nil {
		return fill(errs, err)
	}
	s.forgetListing() // decide on what is now, not on what was when it was planned
	defer s.forgetListing()
	filed := false
	ids := make([]wanted, len(ws)) // by primary name: disabling takes an alias away
	for i, w := range ws {
		ids[i] = w
		st, err := s.look(ctx, w)
		if errs[i] = err; err != nil {
			continue
		}
		ids[i].unit = st.id
		var did bool
		did, errs[i] = s.applyFiles(ctx, b, w)
		filed = filed || did
	}
	var jobs []pending
	for i, w := range ws {
		if errs[i] != nil || w.running == nil {
			continue
		}
		st, err := s.look(ctx, ids[i])
		switch {
		case err != nil:
			errs[i] = err
		case st.runningAs(*w.running) == *w.running:
		case !st.exists && *w.running:
			errs[i] = fmt.Errorf("cannot start unit %s: it is not found", w.unit)
		default:
			jobs = append(jobs, pending{i: i, w: w, st: st, verb: word(*w.running, "start", "stop")})
		}
	}
	if filed || len(jobs) > 0 {
		units := make([]string, len(jobs))
		for k, p := range jobs {
			units[k] = p.st.id
		}
		if err := s.ensureLoaded(ctx, b, units); err != nil {
			return fill(errs, err)
		}
	}
	s.runAll(ctx, b, jobs, errs)
	return errs
}

func fill(errs []error, err error) []error {
	for i := range errs {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

// applyFiles masks, unmasks, enables and disables, and reports whether that
// changed a file. It looks anew each time: unmasking may reveal a unit that is
// enabled.
func (s *systemd) applyFiles(ctx context.Context, b *bus, w wanted) (did bool, err error) {
	if w.masked != nil {
		if did, err = s.applyMask(ctx, b, w); err != nil || *w.masked {
			return did, err
		}
	}
	if w.enabled == nil {
		return did, nil
	}
	st, err := s.look(ctx, w)
	if err != nil {
		return did, err
	}
	is, err := st.enabledAs(*w.enabled, w.unit)
	switch {
	case err != nil:
		return did, err
	case is == *w.enabled:
		return did, nil
	case !st.exists && *w.enabled:
		return did, fmt.Errorf("cannot enable unit %s: it is not found", w.unit)
	case *w.enabled:
		err = b.manager(ctx, "EnableUnitFiles", []any{[]string{st.id}, false, false})
	default:
		err = s.disable(ctx, b, st.id)
	}
	if err != nil {
		return did, fmt.Errorf("cannot %s unit %s: %w", word(*w.enabled, "enable", "disable"), w.unit, explain(err))
	}
	return true, nil
}

// disable removes the links that enable a unit, also those until the next
// boot. systemd takes a link to a unit file elsewhere (systemctl link) for one
// of them, and with it the unit itself: that link is kept.
func (s *systemd) disable(ctx context.Context, b *bus, unit string) error {
	path, target, err := s.disk.linked(unit)
	if err != nil {
		return err
	}
	for _, runtime := range []bool{false, true} {
		err := b.manager(ctx, "DisableUnitFiles", []any{[]string{unit}, runtime})
		if err != nil && !named(err, "NoSuchUnit") { // its file, or the link to it, is gone
			return err
		}
	}
	if path == "" {
		return nil
	}
	return s.disk.link(ctx, path, target)
}

func (s *systemd) applyMask(ctx context.Context, b *bus, w wanted) (did bool, err error) {
	st, err := s.look(ctx, w)
	if err != nil || st.maskedAs(*w.masked) == *w.masked {
		return false, err
	}
	verb := "mask"
	if *w.masked {
		err = b.manager(ctx, "MaskUnitFiles", []any{[]string{w.unit}, false, false})
	} else {
		verb = "unmask"
		err = b.manager(ctx, "UnmaskUnitFiles", []any{[]string{w.unit}, false})
		if err == nil { // one until the next boot may lie below
			err = b.manager(ctx, "UnmaskUnitFiles", []any{[]string{w.unit}, true})
		}
	}
	if err != nil {
		return false, fmt.Errorf("cannot %s unit %s: %w", verb, w.unit, explain(err))
	}
	return true, nil
}

// pending is a job that is to be run for ws[i].
type pending struct {
	i    int
	w    wanted
	st   status
	verb string
}

// runAll puts all jobs into the queue, in order, and then waits for them side
// by side. Starts that take changed sockets along, or are those of sockets whose
// services run already, come last, one by one.
func (s *systemd) runAll(ctx context.Context, b *bus, ps []pending, errs []error) {
	var wg sync.WaitGroup
	var apart []pending
	for _, p := range ps {
		began := time.Now()
		if p.verb == "start" {
			sockets, _, err := s.socketsOf(ctx, b, p.st.id)
			if err != nil {
				errs[p.i] = err
				continue
			}
			if len(sockets) > 0 {
				apart = append(apart, p)
				continue
			}
		}
		j, err := s.start(ctx, p.st.id, p.verb)
		if err != nil {
			errs[p.i] = s.withJournal(ctx, err, p.st.id, began)
			continue
		}
		wg.Go(func() { errs[p.i] = ignoreQueued(s.finishJob(ctx, j, p.w)) })
	}
	wg.Wait()
	for _, p := range apart {
		errs[p.i] = ignoreQueued(s.runOne(ctx, b, p.w, p.st, p.verb))
	}
}

// start puts one job into the queue. What starts a unit is not to fail for its
// start limit.
func (s *systemd) start(ctx context.Context, unit, verb string) (*job, error) {
	if verb == "start" || verb == "restart" {
		b, err := s.connect(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.forgive(ctx, b, unit); err != nil {
			return nil, err
		}
	}
	return s.enqueue(ctx, unit, verb)
}

// finishJob waits for a job and proves what it has brought about. A job that must
// not be waited for is [resources.ErrQueued].
func (s *systemd) finishJob(ctx context.Context, j *job, w wanted) error {
	err := s.await(ctx, j, w.timeout)
	if isQueued(err) {
		s.leaveQueued(j, err)
		return err
	}
	if err == nil && j.verb != "stop" {
		err = s.proveUp(ctx, w, j.unit, j.verb, j.began)
	}
	if err == nil && j.verb == "stop" {
		s.forgetStarted(j.unit)
	}
	if err != nil && ctx.Err() == nil {
		err = s.withJournal(ctx, err, j.unit, j.began)
	}
	return err
}

// proveUp proves that a unit is up after a verb, and remembers it to be judged
// again.
func (s *systemd) proveUp(ctx context.Context, w wanted, unit, verb string, began time.Time) error {
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	err = settled(ctx, b, w, unit, verb)
	if err == nil && verb != "reload" {
		// The count of restarts was cleared with the start limit.
		s.remember(unit, started{w: w, verb: verb, at: time.Now(), began: began})
	}
	return err
}

// withJournal adds the unit's own messages to an error.
func (s *systemd) withJournal(ctx context.Context, err error, unit string, since time.Time) error {
	tail := journalTail(ctx, unit, since)
	if tail == "" {
		return err
	}
	return fmt.Errorf("%w%s", err, tail)
}
