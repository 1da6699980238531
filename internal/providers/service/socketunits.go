package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// splitSockets returns the sockets to restart, and the services to stop before that and start afterwards; no sockets if
// one job is enough.
func splitSockets(ctx context.Context, b *bus, unit string) (sockets, services []string, err error) {
	if !strings.HasSuffix(unit, ".socket") {
		sockets, err = listChangedSockets(ctx, b, unit)
		return sockets, []string{unit}, err
	}
	services, err = listUsers(ctx, b, []string{unit})
	if err != nil || len(services) == 0 {
		return nil, nil, err
	}
	return []string{unit}, services, nil
}

// listUsers returns the units to stop before sockets are restarted and to start after it: the running services of the
// sockets, unless they get connections and not the socket. Several sockets are stopped and started, and systemd only
// starts the dependents of a socket again if it is restarted.
func listUsers(ctx context.Context, b *bus, sockets []string) ([]string, error) {
	var out []string
	for _, socket := range sockets {
		p, err := b.readUnitProps(ctx, socket)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", socket, explainDenied(err))
		}
		var users []string
		if !p.is("Accept") {
			users = p.strs("Triggers")
		}
		if len(sockets) > 1 {
			users = slices.Concat(users, p.strs("RequiredBy"), p.strs("BoundBy"), p.strs("ConsistsOf"))
		}
		for _, unit := range users {
			q, err := b.readProps(ctx, unitPath(unit), unitFace)
			if err != nil {
				return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
			}
			if !(status{active: q.str("ActiveState")}).isDown() && !slices.Contains(sockets, unit) {
				out = appendNew(out, []string{unit})
			}
		}
	}
	return out, nil
}

// listChangedSockets returns the active sockets that trigger a unit, and whose files have changed since they were
// started.
func listChangedSockets(ctx context.Context, b *bus, unit string) ([]string, error) {
	p, err := b.readProps(ctx, unitPath(unit), unitFace)
	if err != nil {
		return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	var out []string
	for _, socket := range p.strs("TriggeredBy") {
		if !strings.HasSuffix(socket, ".socket") {
			continue
		}
		q, err := b.readUnitProps(ctx, socket)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", socket, explainDenied(err))
		}
		active := time.UnixMicro(q.num("ActiveEnterTimestamp"))
		if isUp(q) && !q.is("Accept") && findDefinition(q).After(active) {
			out = append(out, socket)
		}
	}
	return out, nil
}

// listTriggers returns the active sockets that start one of the services.
func listTriggers(ctx context.Context, b *bus, services []string) ([]string, error) {
	var out []string
	for _, unit := range services {
		p, err := b.readProps(ctx, unitPath(unit), unitFace)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
		}
		for _, socket := range p.strs("TriggeredBy") {
			if strings.HasSuffix(socket, ".socket") && isAnyUp(ctx, b, []string{socket}) {
				out = appendNew(out, []string{socket})
			}
		}
	}
	return out, nil
}

func isAnyUp(ctx context.Context, b *bus, units []string) bool {
	return slices.ContainsFunc(units, func(u string) bool {
		p, err := b.readProps(ctx, unitPath(u), unitFace)
		return err == nil && isUp(p)
	})
}

// isVendor reports whether a unit's file or drop-in comes from a package or a generator.
func isVendor(path string) bool {
	dirs := []string{"/usr/lib/systemd/", "/lib/systemd/", "/run/systemd/generator"}
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(path, dir) })
}
