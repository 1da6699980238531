package debconf

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// Act implements [resource.Actor]: the package is configured again, and asks nothing.
func (p *Provider) Act(ctx context.Context, v cty.Value, verb string) error {
	want, err := resource.Decode[answersWant](v)
	if err != nil {
		return err
	}
	if verb != "reconfigure" {
		return fmt.Errorf("answers have no action %s", verb)
	}
	defer p.answers.forget()
	return p.answers.run(ctx, "configure "+want.Package+" again", tool.Command{Argv: []string{"dpkg-reconfigure", "--frontend=noninteractive", want.Package}})
}

// Satisfied implements [resource.Actor]: a package that is not installed will use the answers, and one that was
// unpacked later has used them.
func (p *Provider) Satisfied(_ context.Context, v cty.Value, _ string, since resource.Instant) (bool, error) {
	want, err := resource.Decode[answersWant](v)
	if err != nil {
		return false, err
	}
	unpacked, configured, err := p.answers.configured(want.Package)
	return err == nil && (!configured || unpacked.After(since.Wall)), err
}
