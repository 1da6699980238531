package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch o.Ask {
	case resource.AskForecast:
		if c.Empty() && p.machine.isLive() {
			return r
		}
		r = p.machine.reviewForecast(ctx, c, o)
	case resource.AskFollower:
		if note := p.machine.noteSocket(ctx, c); note != "" {
			r.Notes = []string{note}
		}
	case resource.AskAction:
		if !p.machine.isLive() {
			return resource.Review{Satisfied: true, Notes: []string{noteBoot}}
		}
		r.Satisfied = len(o.Owed) > 0 && areAllSatisfied(ctx, p, c, o)
	case resource.AskTarget:
		r = p.machine.reviewTarget(ctx, c, o)
	}
	return r
}

// noteBoot explains why no action is needed on a machine where nothing runs.
const noteBoot = "nothing runs here, and what the boot starts reads everything as it is then"

// reviewForecast reviews a change before any is made and, on a machine where nothing runs, also a service that needs
// none.
func (m *machine) reviewForecast(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	w, b, err := m.prepare(c.Want)
	if err != nil {
		return r
	}
	if _, files, err := m.open(); err == nil && o.Pending == resource.NothingPending && isTrue(w.masked) && c.Differs("masked") {
		r.Blocked = files.checkMask(w.unit)
	}
	found := m.reviewLinks(ctx, w, b, c, o)
	r.Blocked = cmp.Or(r.Blocked, found.Blocked)
	r.Notes = append(found.Notes, b.notes(ctx, w, c)...)
	if s, ok := b.(*systemd); ok && r.Blocked == nil && o.Pending == resource.NothingPending && c.Differs("running") {
		r.Blocked = s.refuseJob(ctx, w)
	}
	if s, ok := b.(*systemd); ok && r.Blocked == nil && c.Differs("running") {
		var note string
		if note, r.Blocked = s.forecastJob(ctx, w, o); note != "" {
			r.Notes = append(r.Notes, note)
		}
	}
	return r
}

// refuseJob returns why systemd will not start or stop a unit as it is now, or why the unit cannot stay up.
func (s *systemd) refuseJob(ctx context.Context, w wanted) error {
	b, err := s.client.connect(ctx)
	if err != nil {
		return nil //nolint:nilerr // the change will tell
	}
	p, err := b.readUnitProps(ctx, w.unit)
	if err != nil || p.str("LoadState") != "loaded" || p.is("NeedDaemonReload") {
		return nil //nolint:nilerr // see above
	}
	switch {
	case isTrue(w.running) && p.is("RefuseManualStart"):
		return fmt.Errorf("cannot start unit %s: it has RefuseManualStart=yes, so that only another unit may start it", w.unit)
	case isFalse(w.running) && p.is("RefuseManualStop"):
		return fmt.Errorf("cannot stop unit %s: it has RefuseManualStop=yes, so that only another unit may stop it", w.unit)
	case isTrue(w.running) && p.str("Type") == "oneshot" && !p.is("RemainAfterExit"):
		return fmt.Errorf("cannot keep unit %s running: a oneshot without RemainAfterExit=yes is never running once it has ended (declare enabled alone, or have it started by what it depends on)", w.unit)
	}
	return nil
}

// reviewTarget reports whether the unit of a change exists for an action, managed or not, and whether it can still
// start. The action reports any other fault.
func (m *machine) reviewTarget(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	w, b, err := m.prepare(c.Want)
	if err != nil {
		return r
	}
	running := true
	_, err = b.observe(ctx, wanted{name: w.name, unit: w.unit, given: w.given, running: &running, timeout: defaultTimeout})
	if r.Missing = errors.Is(err, resource.ErrMissing); r.Missing || !c.Undeclared {
		return r
	}
	if s, ok := b.(*systemd); ok {
		r.Defunct = s.explainDefunct(ctx, w, o.Verb)
	}
	return r
}

// noteSocket returns a note about the active socket whose file changes, and which is therefore restarted; "" if there
// is none.
func (m *machine) noteSocket(ctx context.Context, c resource.Change) string {
	path := c.Path()
	socket := resources.UnitOf(path)
	if !strings.HasSuffix(socket, ".socket") || isVendor(path) || c.Action == resource.Delete && filepath.Base(path) == socket ||
		!m.isLive() {
		return ""
	}
	opened, _, err := m.open()
	s, ok := opened.(*systemd)
	if err != nil || !ok {
		return ""
	}
	b, units, err := s.client.listUnits(ctx)
	if err != nil || units[socket].ActiveState != stActive {
		return ""
	}
	note := socket + " is active: the run restarts it, so that it listens by what is in the file then"
	if _, services, err := splitSockets(ctx, b, socket); err == nil && len(services) > 0 {
		note += ", and with it " + strings.Join(services, ", ")
	}
	return note
}

// areAllSatisfied reports whether events have satisfied all owed actions.
func areAllSatisfied(ctx context.Context, p resource.Actor, c resource.Change, o resource.Outlook) bool {
	return !slices.ContainsFunc(o.Owed, func(since resource.Instant) bool {
		ok, err := p.Satisfied(ctx, c.Want, o.Verb, since)
		return err != nil || !ok
	})
}
