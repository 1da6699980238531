package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"converge/internal/resource"
)

// chooseOperation returns the operation of a verb on a unit in its present state; "": nothing to do. canReload is only
// called if it matters.
func chooseOperation(w wanted, st status, verb string, canReload func() (bool, error)) (string, error) {
	switch verb {
	case "start":
		if st.isUp() {
			return "", nil
		}
		return st.chooseStart(), nil
	case "stop":
		if st.isDown() {
			return "", nil
		}
		return "stop", nil
	case "restart":
		if (isFalse(w.running) || st.load == fileMasked) && st.isDown() {
			return "", nil // the unit must not run, or cannot
		}
		return "restart", nil
	case "reload":
		switch {
		case st.isDown(): // it reads everything when it is started
			return "", nil
		case !st.isUp(): // it keeps failing, perhaps because of its files
			return "restart", nil
		case len(w.reloadCommand) > 0:
			return "reload", nil
		}
		if can, err := canReload(); err != nil || can {
			return "reload", err
		}
		return "restart", nil
	}
	return "", fmt.Errorf("cannot %s unit %s: no such verb", verb, w.unit)
}

// chooseStart returns the job that starts a unit now. One that has failed and waits to be started again by its Restart=
// is restarted: a start would wait with it for the rest of RestartSec=.
func (st status) chooseStart() string {
	if strings.HasPrefix(st.sub, "auto-restart") {
		return "restart"
	}
	return "start"
}

func (s *systemd) act(ctx context.Context, w wanted, verb string) error {
	if w.name.Template {
		return fmt.Errorf("cannot %s unit %s: it is a template, name an instance", verb, w.unit)
	}
	s.client.forgetListing()
	defer s.client.forgetListing()
	asked := w
	if asked.running == nil { // whether it runs matters here, even if that is not managed
		asked.running = new(bool)
	}
	st, err := s.reader.readUnit(ctx, asked)
	if err != nil {
		return err
	}
	b, err := s.client.connect(ctx)
	if err != nil {
		return err
	}
	switch {
	case !st.exists && (verb != "stop" || st.isDown()):
		return fmt.Errorf("cannot %s unit %s: it %w", verb, w.unit, resource.ErrMissing)
	case !st.exists: // its file is removed and it still runs
	default:
		if err := s.loader.ensureLoaded(ctx, b, []string{st.id}); err != nil {
			return err
		}
	}
	return s.operate(ctx, b, w, st, verb)
}

func (s *systemd) operate(ctx context.Context, b *bus, w wanted, st status, verb string) error {
	op, err := chooseOperation(w, st, verb, func() (bool, error) {
		p, err := b.readProps(ctx, unitPath(st.id), unitFace)
		return p.is("CanReload"), err
	})
	switch {
	case err != nil || op == "":
		return err
	case (op == "restart" || op == "stop") && st.id == ownUnit():
		return s.own.postpone(ctx, b, st.id, op)
	case op == "restart" && len(w.restartCommand) > 0:
		return s.restartByCommand(ctx, b, w, st.id)
	case op == "reload" && len(w.reloadCommand) > 0:
		return operateByCommand(ctx, w, op, w.reloadCommand)
	}
	return s.runOne(ctx, b, w, st, op)
}

// restartByCommand restarts a unit by the manifest's own command. If the unit is up afterwards, it is judged again at
// the end of the run.
func (s *systemd) restartByCommand(ctx context.Context, b *bus, w wanted, unit string) error {
	if err := clearStartLimits(ctx, b, unit); err != nil {
		return err
	}
	began := time.Now()
	if err := operateByCommand(ctx, w, "restart", w.restartCommand); err != nil {
		return err
	}
	if p, err := b.readUnitProps(ctx, unit); err == nil && isUp(p) {
		s.starts.remember(unit, started{w: w, verb: "restart", at: time.Now(), began: began, restarts: p.num("NRestarts")})
	}
	return nil
}

func operateByCommand(ctx context.Context, w wanted, op string, argv []string) error {
	if _, err := runCommand(ctx, argv, w.timeout); err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", op, w.unit, err)
	}
	return nil
}
