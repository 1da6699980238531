package command

import (
	"context"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// guards asks whether there is a need, the cheapest question first: creates
// takes no process.
func (p *Provider) guards(ctx context.Context, want cty.Value) (need bool, err error) {
	if path := resource.StringAttr(want, "creates"); path != "" {
		there, err := p.exists(path)
		if err != nil {
			return false, fmt.Errorf("creates %s: %w", path, err)
		}
		if there {
			return false, nil
		}
	}
	for _, g := range []struct {
		attr string
		need bool // what the guard's success says
	}{{"only_if", true}, {"unless", false}} {
		yes, err := p.ask(ctx, want, g.attr)
		if err != nil {
			return false, fmt.Errorf("%s: %w", g.attr, err)
		}
		if yes != nil && *yes != g.need {
			return false, nil
		}
	}
	return true, nil
}

// explain describes what a guard that still sees a need looks at. A command
// without such a path is judged by the next observation.
func (p *Provider) explain(_ context.Context, want cty.Value) error {
	path := resource.StringAttr(want, "creates")
	if path == "" {
		return nil
	}
	there, err := p.exists(path)
	if err != nil {
		return fmt.Errorf("creates %s: %w", path, err)
	}
	if !there {
		return fmt.Errorf("the command ended with success, and did not make %s, which is what creates names", path)
	}
	return nil
}

// ask runs one guard; nil: it is not set. Only a command that ran to its end
// has given an answer.
func (p *Provider) ask(ctx context.Context, want cty.Value, attr string) (*bool, error) {
	argv, _ := resources.Argv(want, attr)
	if argv == nil {
		return nil, nil
	}
	s, err := p.surroundings(ctx, want)
	if err != nil {
		return nil, err
	}
	r, err := s.run(ctx, argv, duration(want, "guard_timeout", time.Minute), nil)
	if err != nil {
		return nil, err
	}
	if r.Signal != 0 {
		return nil, failure(r)
	}
	yes := r.OK()
	return &yes, nil
}
