package service

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/resource"
	"converge/resources"
)

// renewSockets restarts the active sockets, with the services that run of them,
// whose files were changed since a moment: a daemon-reload closes the ports that
// are in no file any more and opens none. Nobody needs to be notified for that.
func (s *systemd) renewSockets(ctx context.Context, b *bus, since time.Time) error {
	s.forgetListing()
	sockets, err := s.outdatedSockets(ctx, b, since)
	if err != nil || len(sockets) == 0 {
		return err
	}
	services, err := s.usersOf(ctx, b, sockets)
	if err != nil {
		return err
	}
	errs := jobErrors{}
	s.cycle(ctx, b, wanted{timeout: defaultTimeout}, sockets, services, errs)
	s.forgetListing()
	for _, socket := range sockets {
		if err := errs[socket]; err != nil && !isQueued(err) {
			errs[socket] = fmt.Errorf("cannot make %s listen by its new file: %w", socket, err)
		}
	}
	return ignoreQueued(s.keepVerdicts(errs).first(slices.Concat(sockets, services)))
}

// keepVerdicts keeps the errors of units that the manifest declares to run, for
// the proof to report them with their resource, and returns the other ones.
func (s *systemd) keepVerdicts(errs jobErrors) jobErrors {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := jobErrors{}
	for unit, err := range errs {
		switch _, declared := s.watched[unit]; {
		case !declared:
			rest[unit] = err
		case !isQueued(err):
			s.keepVerdict(unit, err)
		}
	}
	return rest
}

// outdatedSockets returns the active sockets whose files were changed since a
// moment and after they were started. Those of packages are left to the packages:
// not every one may be restarted.
func (s *systemd) outdatedSockets(ctx context.Context, b *bus, since time.Time) ([]string, error) {
	_, units, err := s.listing(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(units)) {
		if !strings.HasSuffix(name, ".socket") || units[name].ActiveState != stActive {
			continue
		}
		p, err := b.unitProps(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", name, explain(err))
		}
		changed := newest(slices.DeleteFunc(append(p.strs("DropInPaths"), p.str("FragmentPath")), isVendor))
		if isUp(p) && !changed.Before(since) && changed.After(time.UnixMicro(p.num("ActiveEnterTimestamp"))) {
			out = append(out, name)
		}
	}
	return out, nil
}

// noteSocket tells which socket listens by the file that changes, and will be
// restarted for it by renewSockets; "" if none does.
func (p *Provider) noteSocket(ctx context.Context, c resource.Change) string {
	path := c.Path()
	socket := resources.UnitOf(path)
	if !strings.HasSuffix(socket, ".socket") || isVendor(path) || c.Action == resource.Delete && filepath.Base(path) == socket ||
		p.root != "/" || !booted() {
		return ""
	}
	backend, err := p.backend()
	s, ok := backend.(*systemd)
	if err != nil || !ok {
		return ""
	}
	b, units, err := s.listing(ctx)
	if err != nil || units[socket].ActiveState != stActive {
		return ""
	}
	note := socket + " is active: the run restarts it, so that it listens by what is in the file then"
	if _, services, err := s.socketsOf(ctx, b, socket); err == nil && len(services) > 0 {
		note += ", and with it " + strings.Join(services, ", ")
	}
	return note
}

// isVendor reports whether a unit's file or drop-in is a package's, or made by
// a generator.
func isVendor(path string) bool {
	for _, dir := range []string{"/usr/lib/systemd/", "/lib/systemd/", "/run/systemd/generator"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}

// watchedAs is a unit as the manifest declares that it is to run; as w, if it
// does not.
func (s *systemd) watchedAs(unit string, w wanted) wanted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if declared, ok := s.watched[unit]; ok {
		return declared
	}
	return w
}

// withSockets starts or restarts a unit together with the sockets that have
// changed, or a socket with the services that run, and reports whether there
// was anything to do beyond one job. A socket that is restarted takes along the
// other ones that the run has changed: one of them may hold the port that it is
// to get.
func (s *systemd) withSockets(ctx context.Context, b *bus, w wanted, st status, op string) (bool, error) {
	sockets, services, err := s.socketsOf(ctx, b, st.id)
	if err == nil && op == "restart" && strings.HasSuffix(st.id, ".socket") && s.followed.changed() {
		var more []string
		if more, err = s.outdatedSockets(ctx, b, s.followed.began()); err == nil && len(appendNew(more, []string{st.id})) > 1 {
			sockets = appendNew([]string{st.id}, more)
			services, err = s.usersOf(ctx, b, sockets)
		}
	}
	if err != nil || len(sockets) == 0 {
		return false, err
	}
	errs := jobErrors{}
	s.cycle(ctx, b, w, sockets, services, errs)
	return true, errs.first(slices.Concat(sockets, services))
}

// socketsOf returns the sockets to restart and the services to stop before and
// start after it; no sockets if one job will do.
func (s *systemd) socketsOf(ctx context.Context, b *bus, unit string) (sockets, services []string, err error) {
	if !strings.HasSuffix(unit, ".socket") {
		sockets, err = s.changedSockets(ctx, b, unit)
		return sockets, []string{unit}, err
	}
	services, err = s.usersOf(ctx, b, []string{unit})
	if err != nil || len(services) == 0 {
		return nil, nil, err
	}
	return []string{unit}, services, nil
}

// usersOf returns the units to stop before sockets are restarted and to start
// after it: the services that run of them, unless they are given connections and
// not the socket. Several sockets are stopped and started, and systemd starts
// again what requires a socket only if that is restarted.
func (s *systemd) usersOf(ctx context.Context, b *bus, sockets []string) ([]string, error) {
	var out []string
	for _, socket := range sockets {
		p, err := b.unitProps(ctx, socket)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", socket, explain(err))
		}
		var users []string
		if !p.is("Accept") {
			users = p.strs("Triggers")
		}
		if len(sockets) > 1 {
			users = slices.Concat(users, p.strs("RequiredBy"), p.strs("BoundBy"), p.strs("ConsistsOf"))
		}
		for _, unit := range users {
			q, err := b.props(ctx, unitPath(unit), unitFace)
			if err != nil {
				return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
			}
			if !(status{active: q.str("ActiveState")}).down() && !slices.Contains(sockets, unit) {
				out = appendNew(out, []string{unit})
			}
		}
	}
	return out, nil
}

// changedSockets returns the sockets that trigger a unit, are active, and were
// made so by a file that is not what it is now.
func (s *systemd) changedSockets(ctx context.Context, b *bus, unit string) ([]string, error) {
	p, err := b.props(ctx, unitPath(unit), unitFace)
	if err != nil {
		return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
	}
	var out []string
	for _, socket := range p.strs("TriggeredBy") {
		if !strings.HasSuffix(socket, ".socket") {
			continue
		}
		q, err := b.unitProps(ctx, socket)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", socket, explain(err))
		}
		active := time.UnixMicro(q.num("ActiveEnterTimestamp"))
		if isUp(q) && !q.is("Accept") && definition(q).After(active) {
			out = append(out, socket)
		}
	}
	return out, nil
}

// cycle stops the services, restarts the sockets and starts the services: systemd
// refuses to start a socket while its service runs, and the port would be lost.
// Several sockets are all stopped before the first one starts, for one may get the
// port of another. A connection to another of their sockets may start a service
// again in between, so that systemd refuses: then all sockets are stopped first,
// and started again together. It goes on after an error.
func (s *systemd) cycle(ctx context.Context, b *bus, w wanted, sockets, services []string, errs jobErrors) {
	// What ran is to run again, also where its socket does not come up.
	defer s.jobs(ctx, w, services, "start", errs)
	s.jobs(ctx, w, services, "stop", errs)
	if errs.first(services) != nil {
		return
	}
	if len(sockets) == 1 {
		s.jobs(ctx, w, sockets, "restart", errs)
	} else {
		s.stopAndStart(ctx, w, sockets, nil, errs)
	}
	if err := errs.first(sockets); err == nil || isQueued(err) || !s.anyUp(ctx, b, services) {
		return
	}
	all, err := s.triggers(ctx, b, services)
	if err != nil {
		return // the error of the socket says more
	}
	clear(errs)
	s.stopAndStart(ctx, w, appendNew(all, sockets), services, errs)
}

// stopAndStart stops sockets, then services, and starts the sockets.
func (s *systemd) stopAndStart(ctx context.Context, w wanted, sockets, services []string, errs jobErrors) {
	s.jobs(ctx, w, sockets, "stop", errs)
	s.jobs(ctx, w, services, "stop", errs)
	s.jobs(ctx, w, sockets, "start", errs)
}

// triggers are the active sockets that start one of the services.
func (s *systemd) triggers(ctx context.Context, b *bus, services []string) ([]string, error) {
	var out []string
	for _, unit := range services {
		p, err := b.props(ctx, unitPath(unit), unitFace)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
		}
		for _, socket := range p.strs("TriggeredBy") {
			if strings.HasSuffix(socket, ".socket") && s.anyUp(ctx, b, []string{socket}) {
				out = appendNew(out, []string{socket})
			}
		}
	}
	return out, nil
}

func (s *systemd) anyUp(ctx context.Context, b *bus, units []string) bool {
	for _, u := range units {
		if p, err := b.props(ctx, unitPath(u), unitFace); err == nil && isUp(p) {
			return true
		}
	}
	return false
}

// jobs runs one job for each of the units in order. It continues after a failure.
func (s *systemd) jobs(ctx context.Context, w wanted, units []string, verb string, errs jobErrors) {
	for _, unit := range units {
		began := time.Now()
		j, err := s.start(ctx, unit, verb)
		if err == nil {
			err = s.finishJob(ctx, j, s.watchedAs(unit, w))
		} else {
			err = s.withJournal(ctx, err, unit, began)
		}
		if err != nil && ignoreQueued(errs[unit]) == nil {
			errs[unit] = err
		}
	}
}

// jobErrors holds the first error of each unit of which a job failed or, if none
// did, that one was only queued.
type jobErrors map[string]error

// first returns the first error of some units, and that of a queued job only if
// there is no other one.
func (e jobErrors) first(units []string) (first error) {
	for _, unit := range units {
		if ignoreQueued(first) == nil && e[unit] != nil {
			first = e[unit]
		}
	}
	return first
}
