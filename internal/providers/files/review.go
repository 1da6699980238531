package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// reviewer answers what the engine asks about changes.
type reviewer struct{ *base }

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	v := reviewer{p.base}
	switch o.Ask {
	case resource.AskForecast, resource.AskRemoval, resource.AskCheck, resource.AskContent:
	default:
		return r // and c may be of another provider
	}
	if o.Ask == resource.AskForecast && c.Empty() {
		return resource.Review{Owner: v.findOwner(c), Notes: tables(v).reviewUnchanged(c, o)}
	}
	decoded, err := p.decodeChange(c)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	return v.answer(ctx, &decoded, o)
}

func (v reviewer) answer(ctx context.Context, c *change, o resource.Outlook) (r resource.Review) {
	switch o.Ask {
	case resource.AskForecast:
		return v.reviewForecast(ctx, c, o)
	case resource.AskRemoval:
		r.Removes, r.Blocked = treeReader(v).listRemoved(ctx, c, acceptAll)
	case resource.AskCheck:
		r.Blocked = checker(v).checkBefore(ctx, c)
	case resource.AskContent:
		// A mount there is unmounted first, or prevents the removal of the directory.
		if info, err := v.fs.Look(c.request.path); c.request.isDirectory() && (err != nil || !info.Mount) {
			r.Holds, r.Blocked = treeReader(v).listAll(ctx, c.request.path, acceptAll)
		}
	}
	return r
}

// reviewForecast forecasts what stops a change, what it removes and what people should know of it.
func (v reviewer) reviewForecast(ctx context.Context, c *change, o resource.Outlook) (r resource.Review) {
	f := forecastPlan(o.Expected, v.access)
	if o.Pending == resource.UnknownPending {
		f.parents = nil
	}
	switch o.Pending {
	case resource.NothingPending:
		r.Blocked = v.access.nameUsers(forecaster(v).findBlock(ctx, c, f))
	case resource.KnownPending:
		r.Blocked = v.access.nameUsers(forecaster(v).findBlockBehind(c, f))
		if check, set := c.check(); r.Blocked == nil && set && check.NamesPath() {
			r.Blocked = v.checks.ForecastProgram(check)
		}
	}
	if r.Blocked != nil && !errors.Is(r.Blocked, resource.ErrMissing) {
		return r
	}
	if r.Blocked == nil {
		r = v.reviewCheck(ctx, c, o)
		r.Notes = append(c.warned, r.Notes...)
	}
	if r.Blocked != nil && !errors.Is(r.Blocked, resource.ErrMissing) {
		return r
	}
	var lost capped
	var fixed error
	check := acceptAll // what is pending may unmount it, or set it free
	switch {
	case o.Pending != resource.NothingPending:
	case v.brought: // and so may what else is planned
		check = func(e fsys.Entry, isHeld bool) error {
			fixed = cmp.Or(fixed, refuseFixed(e, isHeld))
			return nil
		}
	default:
		check = refuseFixed
	}
	removes, err := treeReader(v).listRemoved(ctx, c, lost.noting(check))
	if err != nil {
		return resource.Review{Blocked: err}
	}
	r.Removes, r.Loses, r.Notes = removes, lost, append(annotator(v).noteChange(ctx, c, f), append(lost.note("a rollback cannot make again: "), r.Notes...)...)
	if fixed != nil {
		r.Notes = append(r.Notes, "as things stand, "+fixed.Error())
	}
	if o.Pending == resource.NothingPending {
		r.Notes = append(r.Notes, append(tables(v).noteUsers(ctx, &c.request), tables(v).noteReader(&c.request)...)...)
	}
	if r.Blocked == nil && c.Action == resource.Delete && c.request.isDirectory() {
		r.Blocked = v.site.refuseOthers(&c.request)
	}
	return r
}

// reviewCheck forecasts the check of the set that a change is in.
func (v reviewer) reviewCheck(ctx context.Context, c *change, o resource.Outlook) resource.Review {
	check, set := c.checkOfSet()
	if !set {
		return resource.Review{Blocked: v.checks.ForecastUnnamed(ctx, c.realPath(), check.Verb, v.base, o)}
	}
	verdict := v.checks.Forecast(ctx, check, v.base, o)
	return resource.Review{Blocked: verdict.Blocked, Notes: verdict.Notes}
}

// leavable is the part of a wanted value that decides whether an entry may be left as it is. It is read for every
// resource that needs no change.
type leavable struct {
	OnEdit  resource.Opt[string] `attr:"on_edit"`
	IfEmpty resource.Opt[bool]   `attr:"if_empty"`
}

func (l leavable) isLeavable() bool { return l.OnEdit.Value == "keep" || l.IfEmpty.Value }

// findOwner is explainKept for a resource without a change.
func (v reviewer) findOwner(c resource.Change) string {
	if !resource.Part[leavable](c.Want).isLeavable() { // the usual case
		return ""
	}
	r, err := decodeRequest(c.Want)
	if err != nil {
		return ""
	}
	return v.explainKept(&r)
}

// explainKept explains why an entry is left as it is: an edited file stays if the manifest asks for that, and a
// rollback keeps a directory that it would remove if other entries have appeared in it.
func (v reviewer) explainKept(r *request) string {
	if parked := v.edits.findParked(r); parked != "" {
		return "left as it is: edited by hand; ours is " + parked
	}
	stay := v.site.listKept(r)
	if len(stay) == 0 {
		return ""
	}
	return fmt.Sprintf("kept, for it is not empty: it holds %q", stay[0])
}
