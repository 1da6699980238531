package command

import (
	"context"

	"converge/resources"
)

// Foresee implements [resources.Foreseer]: what keeps a command from being
// started is there to see before.
func (p *Provider) Foresee(ctx context.Context, c resources.Change) error {
	s, err := p.surroundings(ctx, c.Want)
	if err != nil {
		return err
	}
	argv, _ := resources.Argv(c.Want, "command")
	_, err = s.program(argv[0])
	return err
}
