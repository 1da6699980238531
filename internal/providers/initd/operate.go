package initd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
)

// Act implements [resource.Actor]. It does nothing if no init system runs: the service will read everything when the
// boot starts it.
func (p *Provider) Act(ctx context.Context, want cty.Value, verb string) error {
	w, s, err := p.prepare(want)
	switch {
	case err != nil || !p.runs:
		return err
	case !s.isThere():
		return fmt.Errorf("cannot %s service %s: its script %w", verb, w.name, resource.ErrMissing)
	}
	return p.operate(ctx, w, s, verb)
}

// chooseSteps returns the steps of a verb for a service in a condition: actions of its script, in order.
func chooseSteps(w wanted, s script, verb string, c condition) ([]string, error) {
	begin := []string{"start"}
	if c == crashed {
		begin = []string{"zap", "start"} // OpenRC starts nothing that it believes to run
	}
	switch verb {
	case "start":
		if c == up {
			return nil, nil
		}
		return begin, nil
	case "stop":
		switch c {
		case down:
			return nil, nil
		case crashed:
			return []string{"zap"}, nil
		}
		return []string{"stop"}, nil
	case "restart":
		switch {
		case c == down && (isFalse(w.running) || s.isMasked()):
			return nil, nil // nothing should run, or can
		case c == down, c == crashed:
			return begin, nil
		}
		return []string{"restart"}, nil
	case "reload":
		switch c {
		case down: // it will read everything when it is started
			return nil, nil
		case crashed:
			return begin, nil
		}
		return []string{"reload"}, nil
	}
	return nil, fmt.Errorf("cannot %s service %s: no such verb", verb, w.name)
}

// operate performs a verb, and proves the result.
func (p *Provider) operate(ctx context.Context, w wanted, s script, verb string) error {
	before, _, err := p.looker.look(ctx, w, s)
	if err != nil {
		return err
	}
	steps, err := chooseSteps(w, s, verb, before)
	if err != nil || len(steps) == 0 {
		return err
	}
	if s.isMasked() && slices.ContainsFunc(steps, func(s string) bool { return s == "start" || s == "restart" }) {
		return fmt.Errorf("cannot %s service %s: it is masked: its script %s is not executable", verb, w.name, s.path)
	}
	for _, step := range steps {
		if err := p.perform(ctx, w, s, step); err != nil {
			return err
		}
	}
	return p.prove(ctx, w, s, verb, before)
}

// perform performs one action: by the manifest's own command, or by the script. A script
// without reload restarts, one without restart stops and starts.
func (p *Provider) perform(ctx context.Context, w wanted, s script, action string) error {
	switch {
	case action == "restart" && len(w.restartCommand) > 0:
		return runCommand(ctx, w.name, action, w.restartCommand, w.timeout)
	case action == "reload" && len(w.reloadCommand) > 0:
		return runCommand(ctx, w.name, action, w.reloadCommand, w.timeout)
	}
	err := p.looker.runner.perform(ctx, s, action, w.timeout)
	if !errors.Is(err, errNoVerb) {
		return err
	}
	switch action {
	case "reload":
		return p.perform(ctx, w, s, "restart")
	case "restart":
		if err := p.looker.runner.perform(ctx, s, "stop", w.timeout); err != nil {
			return err
		}
		return p.looker.runner.perform(ctx, s, "start", w.timeout)
	}
	return err
}

// prove proves that a service is as a verb should have made it. A service that was down before, and that nothing
// expects to run, may have done its work and ended.
func (p *Provider) prove(ctx context.Context, w wanted, s script, verb string, before condition) error {
	if verb == "stop" {
		p.endings.noteStop(w.name)
	}
	after, err := p.lookAfter(ctx, w, s, verb != "stop" && (isTrue(w.running) || before == up))
	if err != nil || after == unknown {
		return err
	}
	switch {
	case verb == "stop" && after != down:
		return fmt.Errorf("cannot stop service %s: its script reported success, and it still runs", w.name)
	case verb == "stop":
		p.starts.forget(s.name)
	case after == up:
		if verb != "reload" || before != up {
			p.starts.remember(w, verb)
		}
	case isTrue(w.running) || before == up || after == crashed:
		return fmt.Errorf("cannot %s service %s: its script reported success, and it does not run; its own log may say why, or its script may end without a word where its program is not installed or is switched off (/etc/default/%s)", verb, w.name, w.name)
	}
	return nil
}

// mostStarting is how long a service may take to be seen running after its script has ended: a supervisor
// is there first, and then starts the program.
const mostStarting = 2 * time.Second

// lookAfter observes a service after an action, repeatedly until it runs if it should.
func (p *Provider) lookAfter(ctx context.Context, w wanted, s script, runs bool) (condition, error) {
	for began := time.Now(); ; {
		c, _, err := p.looker.look(ctx, w, s)
		if err != nil || c == up || c == unknown || !runs || time.Since(began) > mostStarting {
			return c, err
		}
		if err := process.Pause(ctx, 50*time.Millisecond); err != nil {
			return c, err
		}
	}
}
