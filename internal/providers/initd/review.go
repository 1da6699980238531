package initd

import (
	"context"
	"fmt"
	"slices"

	"converge/internal/resource"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch o.Ask {
	case resource.AskForecast:
		r = p.reviewForecast(c, o)
	case resource.AskAction:
		if !p.runs {
			return resource.Review{Satisfied: true, Notes: []string{noteBoot}}
		}
		r.Satisfied = len(o.Owed) > 0 && !slices.ContainsFunc(o.Owed, func(since resource.Instant) bool {
			ok, err := p.Satisfied(ctx, c.Want, o.Verb, since)
			return err != nil || !ok
		})
	case resource.AskTarget:
		_, s, err := p.prepare(c.Want)
		r.Missing = err == nil && !s.isThere()
	}
	return r
}

// noteBoot explains why no action is needed on a machine where nothing runs.
const noteBoot = "nothing runs here, and what the boot starts reads everything as it is then"

// reviewForecast reviews a change before any is made, and a service that needs none.
func (p *Provider) reviewForecast(c resource.Change, o resource.Outlook) (r resource.Review) {
	w, s, err := p.prepare(c.Want)
	if err != nil {
		return r
	}
	if isTrue(w.masked) && c.Differs("masked") && s.link && o.Pending == resource.NothingPending {
		r.Blocked = fmt.Errorf("cannot mask service %s: its script is a link to %s, which may serve other services too", w.name, s.path)
	}
	here := p.fs.Root() == "/"
	switch {
	case w.running == nil || p.runs:
	case here && *w.running:
		r.Notes = []string{"it runs after the boot, if it is enabled: no init system runs this machine now"}
	case c.Empty():
	case here:
		r.Notes = []string{"whether it runs is not looked at: no init system runs this machine"}
	default:
		r.Notes = []string{"whether it runs is not looked at: nothing runs in " + p.fs.Root()}
	}
	return r
}
