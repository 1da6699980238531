package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/resources"
)

// renewSockets restarts the active sockets, with the services that run of them,
// whose files were changed since a moment: a daemon-reload closes the ports that
// are in no file any more and opens none. Nobody needs to be notified for that.
// Those of packages are left to the packages: not every one may be restarted.
func (s *systemd) renewSockets(ctx context.Context, b *bus, since time.Time) error {
	s.Forget()
	_, units, err := s.listing(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(units)) {
		if !strings.HasSuffix(name, ".socket") || units[name].ActiveState != stActive {
			continue
		}
		p, err := b.unitProps(ctx, name)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", name, explain(err))
		}
		changed := newest(slices.DeleteFunc(append(p.strs("DropInPaths"), p.str("FragmentPath")), isVendor))
		if !isUp(p) || changed.Before(since) || !changed.After(time.UnixMicro(p.num("ActiveEnterTimestamp"))) {
			continue
		}
		err = s.runOne(ctx, b, s.watchedAs(name), status{id: name}, "restart")
		if err != nil && !isQueued(err) {
			return fmt.Errorf("cannot make %s listen by its new file: %w", name, err)
		}
	}
	s.Forget()
	return nil
}

// Foretell implements resources.Foreteller: it says which socket listens by the
// file that changes, and will be restarted for it by renewSockets.
func (p *Provider) Foretell(ctx context.Context, c resources.Change) string {
	path := pathOf(c)
	socket := resources.UnitOf(path)
	if !strings.HasSuffix(socket, ".socket") || isVendor(path) || c.Action == resources.Delete && filepath.Base(path) == socket ||
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

// watchedAs is a unit as the manifest declares that it is to run, if it does.
func (s *systemd) watchedAs(unit string) wanted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.watched[unit]; ok {
		return w
	}
	return wanted{unit: unit, timeout: defaultTimeout}
}

// withSockets starts or restarts a unit together with the sockets that have
// changed, or a socket with the services that run, and reports whether there
// was anything to do beyond one job: systemd refuses to start a socket while its
// service runs, and the port would be lost. The service is stopped, the sockets
// are restarted, the service is started.
func (s *systemd) withSockets(ctx context.Context, b *bus, w wanted, st status, op string) (bool, error) {
	sockets, services, err := s.socketsOf(ctx, b, st.id)
	if err != nil || len(sockets) == 0 {
		return false, err
	}
	err = s.restartSockets(ctx, b, w, sockets, services)
	// What ran is to run again, also where its socket does not come up.
	serr := s.jobs(ctx, w, services, "start")
	if err == nil {
		err = serr
	}
	return true, err
}

// socketsOf returns the sockets to restart and the services to stop before and
// start after it; no sockets if one job will do.
func (s *systemd) socketsOf(ctx context.Context, b *bus, unit string) (sockets, services []string, err error) {
	if !strings.HasSuffix(unit, ".socket") {
		sockets, err = s.changedSockets(ctx, b, unit)
		return sockets, []string{unit}, err
	}
	p, err := b.unitProps(ctx, unit)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
	}
	if p.is("Accept") {
		return nil, nil, nil // its services are given connections, and not the socket
	}
	for _, svc := range p.strs("Triggers") {
		q, err := b.props(ctx, unitPath(svc), unitFace)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot look at unit %s: %w", svc, explain(err))
		}
		if !(status{active: q.str("ActiveState")}).down() {
			services = append(services, svc)
		}
	}
	if len(services) == 0 {
		return nil, nil, nil
	}
	return []string{unit}, services, nil
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

// restartSockets stops the services and restarts the sockets. A connection to
// another of their sockets may start a service again in between, so that systemd
// refuses: then all sockets are stopped first, and started again together.
func (s *systemd) restartSockets(ctx context.Context, b *bus, w wanted, sockets, services []string) error {
	err := s.jobs(ctx, w, services, "stop")
	if err != nil {
		return err
	}
	err = s.jobs(ctx, w, sockets, "restart")
	if err == nil || isQueued(err) || !s.anyUp(ctx, b, services) {
		return err
	}
	all, err := s.triggers(ctx, b, services)
	if err != nil {
		return err
	}
	all = appendNew(all, sockets)
	if err := s.jobs(ctx, w, all, "stop"); err != nil {
		return errors.Join(err, s.jobs(ctx, w, all, "start"))
	}
	err = s.jobs(ctx, w, services, "stop")
	return errors.Join(err, s.jobs(ctx, w, all, "start"))
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

// jobs runs one job for each of the units in order. It continues after a failure
// and returns the first error.
func (s *systemd) jobs(ctx context.Context, w wanted, units []string, verb string) (first error) {
	for _, unit := range units {
		began := time.Now()
		j, err := s.start(ctx, unit, verb)
		if err == nil {
			err = s.finishJob(ctx, j, w)
		} else {
			err = s.withJournal(ctx, err, unit, began)
		}
		if first == nil {
			first = err
		}
	}
	return first
}
