package service

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// pending is a job to be run for ws[i].
type pending struct {
	i    int
	w    wanted
	st   status
	verb string
}

// apply converges all of ws: first the files, then one daemon-reload if needed, then the jobs in parallel.
func (s *systemd) apply(ctx context.Context, ws []wanted) []error {
	errs := make([]error, len(ws))
	b, err := s.client.connect(ctx)
	if err != nil {
		return fillErrors(errs, err)
	}
	s.client.forgetListing() // decide on the present state, not on the planned one
	s.reader.files.forget()
	defer s.client.forgetListing()
	byID, filed := s.applyFiles(ctx, b, ws, errs)
	jobs := s.listPending(ctx, ws, byID, errs)
	if filed || len(jobs) > 0 {
		units := make([]string, len(jobs))
		for k, p := range jobs {
			units[k] = p.st.id
		}
		if err := s.loader.ensureLoaded(ctx, b, units); err != nil {
			return fillErrors(errs, err)
		}
	}
	s.runAll(ctx, b, jobs, errs)
	return errs
}

// applyFiles enables, masks and so on. It returns ws with the primary names of the units, because disabling removes an
// alias, and whether a file changed.
func (s *systemd) applyFiles(ctx context.Context, b *bus, ws []wanted, errs []error) (byID []wanted, changed bool) {
	byID = make([]wanted, len(ws))
	for i, w := range ws {
		byID[i] = w
		st, err := s.reader.readUnit(ctx, w)
		if errs[i] = err; err != nil {
			continue
		}
		byID[i].unit = st.id
		var did bool
		did, errs[i] = s.enabler.apply(ctx, b, w)
		changed = changed || did
	}
	return byID, changed
}

// listPending returns the jobs that start and stop units whose running state differs.
func (s *systemd) listPending(ctx context.Context, ws, byID []wanted, errs []error) []pending {
	var jobs []pending
	for i, w := range ws {
		if errs[i] != nil || w.running == nil {
			continue
		}
		st, err := s.reader.readUnit(ctx, byID[i])
		switch {
		case err != nil:
			errs[i] = err
		case st.runningAs(*w.running) == *w.running:
		case !st.exists && *w.running:
			errs[i] = fmt.Errorf("cannot start unit %s: it is not found", w.unit)
		default:
			jobs = append(jobs, pending{i: i, w: w, st: st, verb: chooseWord(*w.running, st.chooseStart(), "stop")})
		}
	}
	return jobs
}

func fillErrors(errs []error, err error) []error {
	for i := range errs {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

// runAll puts all jobs into the queue, in order, and then waits for them together. Starts that include changed
// sockets, or start sockets of running services, come last, one by one.
func (s *systemd) runAll(ctx context.Context, b *bus, ps []pending, errs []error) {
	var wg sync.WaitGroup
	var apart []pending
	for _, p := range ps {
		began := time.Now()
		if p.verb != "stop" {
			sockets, _, err := splitSockets(ctx, b, p.st.id)
			if err != nil {
				errs[p.i] = err
				continue
			}
			if len(sockets) > 0 {
				apart = append(apart, p)
				continue
			}
		}
		j, err := s.jobs.start(ctx, p.st.id, p.verb)
		if err != nil {
			errs[p.i] = addJournal(ctx, err, p.st.id, began)
			continue
		}
		wg.Go(func() { errs[p.i] = ignoreQueued(s.jobs.finish(ctx, j, p.w)) })
	}
	wg.Wait()
	for _, p := range apart {
		errs[p.i] = ignoreQueued(s.runOne(ctx, b, p.w, p.st, p.verb))
	}
}

// runOne runs one job to its end, together with those of its changed sockets.
func (s *systemd) runOne(ctx context.Context, b *bus, w wanted, st status, verb string) error {
	if verb == "start" || verb == "restart" {
		done, err := s.sockets.runWithSockets(ctx, b, w, st, verb)
		if done || err != nil {
			return err
		}
	}
	began := time.Now()
	j, err := s.jobs.start(ctx, st.id, verb)
	if err != nil {
		return addJournal(ctx, err, st.id, began)
	}
	return s.jobs.finish(ctx, j, w)
}
