package files

import (
	"context"
	"errors"

	"converge/internal/resource"
	"converge/resources"
)

// leavable is the part of a thing that decides whether it may be left as it is.
type leavable struct {
	OnEdit  resource.Opt[string] `attr:"on_edit"`
	IfEmpty resource.Opt[bool]   `attr:"if_empty"`
}

func (l leavable) mayBeLeft() bool { return l.OnEdit.Value == "keep" || l.IfEmpty.Value }

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, untyped resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskForecast && untyped.Empty() && !resource.Part[leavable](untyped.Want).mayBeLeft() {
		return r // as most are
	}
	typed, err := resource.TypeChange[resources.Entry](untyped)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	c := &typed
	switch o.Ask {
	case resource.AskForecast:
		if c.Empty() {
			r.Owner = p.ownerOf(&c.Want)
			return r
		}
		return p.reviewForecast(ctx, c, o)
	case resource.AskRemoval:
		r.Removes, r.Blocked = p.removedBelow(ctx, c)
	case resource.AskCheck:
		r.Blocked = p.verifyBefore(ctx, c)
	case resource.AskContent:
		if c.Want.Type == resources.TypeDirectory {
			r.Holds, r.Blocked = p.allBelow(ctx, c.Want.Path.Bytes())
		}
	}
	return r
}

// reviewForecast foresees what stops a change, what it removes and what people
// should know of it.
func (p *Provider) reviewForecast(ctx context.Context, c *fileChange, o resource.Outlook) (r resource.Review) {
	f := p.forecastOf(o.Expected)
	switch o.Pending {
	case resource.NothingPending:
		r.Blocked = p.named(p.foresee(ctx, c, f))
	case resource.KnownPending:
		r.Blocked = p.named(p.foreseeBehind(c, f))
	}
	if r.Blocked != nil && !errors.Is(r.Blocked, resource.ErrMissing) {
		return r
	}
	removes, err := p.removedBelow(ctx, c)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	r.Removes, r.Notes = removes, p.notesOf(ctx, c, f)
	return r
}
