package command

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Foresee implements [resource.Foreseer]: what keeps a command from being
// started is there to see before.
func (p *Provider) Foresee(ctx context.Context, c resource.Change) error {
	return p.ForeseeAct(ctx, c.Want, "run")
}

// ForeseeAct implements [resource.ActForeseer].
func (p *Provider) ForeseeAct(ctx context.Context, want cty.Value, _ string) error {
	s, err := p.surroundings(ctx, want)
	if err != nil {
		return err
	}
	argv, _ := resources.Argv(want, "command")
	_, err = s.program(argv[0])
	return err
}
