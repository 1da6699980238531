package service

import (
	"context"
	"fmt"
	"time"
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
		if isFalse(w.running) && st.down() {
			return "", nil
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
	s.Forget()
	defer s.Forget()
	asked := w
	if asked.running == nil { // whether it runs matters here, managed or not
		asked.running = new(bool)
	}
	st, err := s.look(ctx, asked)
	if err != nil {
		return err
	}
	if !st.exists {
		return fmt.Errorf("cannot %s unit %s: it is not found", verb, w.unit)
	}
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	if err := s.ensureLoaded(ctx, b, []string{st.id}); err != nil {
		return err
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
	case op == "restart" && len(w.restartCommand) > 0:
		return s.command(ctx, w, op, w.restartCommand)
	case op == "reload" && len(w.reloadCommand) > 0:
		return s.command(ctx, w, op, w.reloadCommand)
	}
	began := time.Now()
	j, err := s.start(ctx, st, op)
	if err != nil {
		return s.withJournal(ctx, err, st.id, began)
	}
	return s.finish(ctx, j, w)
}

func (s *systemd) command(ctx context.Context, w wanted, op string, argv []string) error {
	if _, err := run(ctx, argv, w.timeout); err != nil {
		return fmt.Errorf("cannot %s unit %s: %w", op, w.unit, err)
	}
	return nil
}
