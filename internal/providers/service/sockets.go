package service

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// socketTries is how often a service is stopped again because a connection to
// another of its sockets started it while one was restarted.
const socketTries = 3

// withSockets starts or restarts a unit together with the sockets that have
// changed, and reports whether there was anything to do beyond one job: systemd
// refuses to start a socket while its service runs, and the port would be lost.
// The service is stopped, the sockets are restarted, the service is started.
func (s *systemd) withSockets(ctx context.Context, b *bus, w wanted, st status, op string) (bool, error) {
	sockets, services, err := s.socketsOf(ctx, b, st.id, op)
	if err != nil || len(sockets) == 0 {
		return false, err
	}
	err = s.restartSockets(ctx, b, w, sockets, services)
	// What ran is to run again, also where its socket does not come up.
	for _, unit := range services {
		if serr := s.job(ctx, w, unit, "start"); serr != nil && err == nil {
			err = serr
		}
	}
	return true, err
}

// socketsOf returns the sockets to restart and the services to stop before and
// start after it; no sockets if one job will do.
func (s *systemd) socketsOf(ctx context.Context, b *bus, unit, op string) (sockets, services []string, err error) {
	if !strings.HasSuffix(unit, ".socket") {
		sockets, err = s.changedSockets(ctx, b, unit)
		return sockets, []string{unit}, err
	}
	if op != "restart" {
		return nil, nil, nil
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

// restartSockets stops the services and restarts the sockets. A connection may
// start a service again in between; the last time the sockets are stopped
// first, so that none can.
func (s *systemd) restartSockets(ctx context.Context, b *bus, w wanted, sockets, services []string) error {
	for try := 1; ; try++ {
		for _, unit := range services {
			if err := s.job(ctx, w, unit, "stop"); err != nil {
				return err
			}
		}
		var err error
		for _, socket := range sockets {
			if jerr := s.job(ctx, w, socket, "restart"); jerr != nil && err == nil {
				err = jerr
			}
		}
		if err == nil || isQueued(err) || try == socketTries || !s.anyUp(ctx, b, services) {
			return err
		}
		if try == socketTries-1 {
			for _, socket := range sockets {
				if err := s.job(ctx, w, socket, "stop"); err != nil {
					return err
				}
			}
		}
	}
}

func (s *systemd) anyUp(ctx context.Context, b *bus, units []string) bool {
	for _, u := range units {
		if p, err := b.props(ctx, unitPath(u), unitFace); err == nil && isUp(p) {
			return true
		}
	}
	return false
}

// job runs one job to its end.
func (s *systemd) job(ctx context.Context, w wanted, unit, verb string) error {
	began := time.Now()
	j, err := s.start(ctx, unit, verb)
	if err != nil {
		return s.withJournal(ctx, err, unit, began)
	}
	return s.finishJob(ctx, j, w)
}
