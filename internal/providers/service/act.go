package service

import (
	"context"
	"fmt"
	"time"

	"converge/internal/resource"
)

// operation is what a verb comes to on a unit as it is; "" is nothing to do.
// canReload is asked only where it matters.
func operation(w wanted, st status, verb string, canReload func() (bool, error)) (string, error) {
	switch verb {
	case "start":
		if st.up() {
			return "", nil
		}
		return "start", nil
	case "stop":
		if st.down() {
			return "", nil
		}
		return "stop", nil
	case "restart":
		if (isFalse(w.running) || st.load == fileMasked) && st.down() {
			return "", nil // nothing is to run, or can
		}
		return "restart", nil
	case "reload":
		switch {
		case st.down(): // it will read everything when it is started
			return "", nil
		case !st.up(): // it keeps failing, perhaps for what was wrong with its files
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

func (s *systemd) act(ctx context.Context, w wanted, verb string) error {
	if w.name.Template {
		return fmt.Errorf("cannot %s unit %s: it is a template, name an instance", verb, w.unit)
	}
	s.forgetListing()
	defer s.forgetListing()
	asked := w
	if asked.running == nil { // whether it runs matters here, managed or not
		asked.running = new(bool)
	}
	st, err := s.look(ctx, asked)
	if err != nil {
		return err
	}
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	switch {
	case !st.exists && (verb != "stop" || st.down()):
		return fmt.Errorf("cannot %s unit %s: it %w", verb, w.unit, resource.ErrMissing)
	case !st.exists: // its file is gone and it still runs
	default:
		if err := s.ensureLoaded(ctx, b, []string{st.id}); err != nil {
			return err
		}
	}
	return s.operate(ctx, b, w, st, verb)
}

func (s *systemd) operate(ctx context.Context, b *bus, w wanted, st status, verb string) error {
	op, err := operation(w, st, verb, func() (bool, error) {
		p, err := b.props(ctx, unitPath(st.id), unitFace)
		return p.is("CanReload"), err
	})
	switch {
	case err != nil || op == "":
		return err
	case (op == "restart" || op == "stop") && st.id == ownUnit():
		return s.operateOwn(ctx, b, st.id, op)
	case op == "restart" && len(w.restartCommand) > 0:
		if err := s.forgive(ctx, b, st.id); err != nil {
			return err
		}
		began := time.Now()
		if err := s.command(ctx, w, op, w.restartCommand); err != nil {
			return err
		}
		s.rememberRestarted(ctx, b, w, st.id, began)
		return nil
	case op == "reload" && len(w.reloadCommand) > 0:
		return s.command(ctx, w, op, w.reloadCommand)
	}
	return s.runOne(ctx, b, w, st, op)
}

// runOne runs one job to its end, together with those of its sockets that have
// changed.
func (s *systemd) runOne(ctx context.Context, b *bus, w wanted, st status, op string) error {
	if op == "start" || op == "restart" {
		done, err := s.withSockets(ctx, b, w, st, op)
		if done || err != nil {
			return err
		}
	}
	began := time.Now()
	j, err := s.start(ctx, st.id, op)
	if err != nil {
		return s.withJournal(ctx, err, st.id, began)
	}
	return s.finishJob(ctx, j, w)
}

func (s *systemd) command(ctx context.Context, w wanted, op string, argv []string) error {
	if _, err := run(ctx, argv, w.timeout); err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", op, w.unit, err)
	}
	return nil
}
