package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"converge/internal/resource"
)

// socketRestarter restarts sockets, with their running services, if one job does not suffice.
type socketRestarter struct {
	client   *client
	followed *followed
	starts   *startLog
	jobs     *jobRunner
}

// renew restarts the active sockets, with their running services, whose files were changed since a moment: a
// daemon-reload closes the ports that are in no file any more and opens none. No notification is needed for that.
func (r *socketRestarter) renew(ctx context.Context, b *bus, since time.Time) error {
	r.client.forgetListing()
	sockets, err := r.listOutdated(ctx, b, since)
	if err != nil || len(sockets) == 0 {
		return err
	}
	services, err := listUsers(ctx, b, sockets)
	if err != nil {
		return err
	}
	errs := jobErrors{}
	r.cycle(ctx, b, wanted{timeout: defaultTimeout}, sockets, services, errs)
	r.client.forgetListing()
	for _, socket := range sockets {
		if err := errs[socket]; err != nil && !isQueued(err) {
			errs[socket] = fmt.Errorf("cannot make %s listen by its new file: %w", socket, err)
		}
	}
	return r.blameUnits(errs, slices.Concat(sockets, services))
}

// blameUnits returns the errors of units that the manifest declares to run, and the first error of another unit.
func (r *socketRestarter) blameUnits(errs jobErrors, units []string) error {
	verdicts, stray := resource.Verdicts{}, false
	for _, unit := range units {
		err, watched := ignoreQueued(errs[unit]), r.starts.isWatched(unit)
		if err == nil || !watched && stray {
			continue
		}
		verdicts[r.starts.keyOf(unit)] = err
		stray = stray || !watched
	}
	return verdicts.OrNil()
}

// listOutdated returns the active sockets whose files were changed since a moment and after they were started. It
// leaves those of packages to the packages: not every one may be restarted.
func (r *socketRestarter) listOutdated(ctx context.Context, b *bus, since time.Time) ([]string, error) {
	_, units, err := r.client.listUnits(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(units)) {
		if !strings.HasSuffix(name, ".socket") || units[name].ActiveState != stActive {
			continue
		}
		p, err := b.readUnitProps(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", name, explainDenied(err))
		}
		changed := findNewest(slices.DeleteFunc(append(p.strs("DropInPaths"), p.str("FragmentPath")), isVendor))
		if isUp(p) && !changed.Before(since) && changed.After(time.UnixMicro(p.num("ActiveEnterTimestamp"))) {
			out = append(out, name)
		}
	}
	return out, nil
}

// runWithSockets starts or restarts a unit together with its changed sockets, or a socket with its running services,
// and reports whether that took more than one job. The restart of a socket includes the other sockets that the run has
// changed: one of them may hold its new port.
func (r *socketRestarter) runWithSockets(ctx context.Context, b *bus, w wanted, st status, op string) (bool, error) {
	sockets, services, err := splitSockets(ctx, b, st.id)
	if err == nil && op == "restart" && strings.HasSuffix(st.id, ".socket") && r.followed.hasChanged() {
		var more []string
		if more, err = r.listOutdated(ctx, b, r.followed.began()); err == nil && len(appendNew(more, []string{st.id})) > 1 {
			sockets = appendNew([]string{st.id}, more)
			services, err = listUsers(ctx, b, sockets)
		}
	}
	if err != nil || len(sockets) == 0 {
		return false, err
	}
	errs := jobErrors{}
	r.cycle(ctx, b, w, sockets, services, errs)
	return true, errs.first(slices.Concat(sockets, services))
}

// cycle stops the services, restarts the sockets and starts the services: systemd refuses to start a socket while its
// service runs, and the port would be lost. If there are several sockets, it stops them all before it starts the first,
// because one may get the port of another. In between, a connection to another of their sockets may start a service
// again, so that systemd refuses: then it stops all sockets of the services, and starts them again together. It
// continues after an error.
func (r *socketRestarter) cycle(ctx context.Context, b *bus, w wanted, sockets, services []string, errs jobErrors) {
	// Running services must run again, even if the socket does not come up.
	defer r.jobs.runEach(ctx, w, services, "start", errs)
	r.jobs.runEach(ctx, w, services, "stop", errs)
	if errs.first(services) != nil {
		return
	}
	if len(sockets) == 1 {
		r.jobs.runEach(ctx, w, sockets, "restart", errs)
	} else {
		r.stopAndStart(ctx, w, sockets, nil, errs)
	}
	if err := errs.first(sockets); err == nil || isQueued(err) || !isAnyUp(ctx, b, services) {
		return
	}
	all, err := listTriggers(ctx, b, services)
	if err != nil {
		return // the error of the socket has more information
	}
	clear(errs)
	r.stopAndStart(ctx, w, appendNew(all, sockets), services, errs)
}

// stopAndStart stops sockets, then services, and starts the sockets.
func (r *socketRestarter) stopAndStart(ctx context.Context, w wanted, sockets, services []string, errs jobErrors) {
	r.jobs.runEach(ctx, w, sockets, "stop", errs)
	r.jobs.runEach(ctx, w, services, "stop", errs)
	r.jobs.runEach(ctx, w, sockets, "start", errs)
}
