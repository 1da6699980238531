package service

import (
	"context"
	"errors"

	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch o.Ask {
	case resource.AskForecast:
		if c.Empty() {
			return r
		}
		if o.Pending == resource.NothingPending {
			r.Blocked = p.checkMask(c)
		}
		r.Notes = p.notesOf(ctx, c)
	case resource.AskFollower:
		if note := p.noteSocket(ctx, c); note != "" {
			r.Notes = []string{note}
		}
	case resource.AskAction:
		r.Satisfied = len(o.Owed) > 0 && allSatisfied(ctx, p, c, o)
	case resource.AskTarget:
		if r.Missing = isMissing(ctx, p, c); !r.Missing && c.Undeclared {
			r.Defunct = p.explainDefunct(ctx, c.Want, o.Verb)
		}
	}
	return r
}

func (p *Provider) notesOf(ctx context.Context, c resource.Change) []string {
	w, err := read(c.Want)
	if err != nil {
		return nil
	}
	b, err := p.backend()
	if err != nil {
		return nil
	}
	return b.notes(ctx, w, c)
}

// isMissing reports whether there is no unit of that name, managed or not. What
// else is wrong with it, an action will meet with.
func isMissing(ctx context.Context, p resource.Provider, c resource.Change) bool {
	_, err := p.Observe(ctx, resource.Encode(resources.ServiceWant{Name: resource.Must[resources.ServiceWant](c.Want).Name, Running: resource.Some(true)}))
	return errors.Is(err, resource.ErrMissing)
}

// allSatisfied reports whether events have satisfied all that owe an action.
func allSatisfied(ctx context.Context, p resource.Actor, c resource.Change, o resource.Outlook) bool {
	for _, since := range o.Owed {
		if ok, err := p.Satisfied(ctx, c.Want, o.Verb, since); err != nil || !ok {
			return false
		}
	}
	return true
}
