package engine

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// deliverAbroad delivers a debt to a thing that the site no longer declares, or
// drops the debt if the thing does not exist any more.
func (r *run) deliverAbroad(ctx context.Context, e notify.Entry) {
	res := r.owing.foreign[e.Owner]
	switch {
	case r.interrupted(ctx):
		r.hold(e, r.whyStopped())
		return
	case res == nil:
		r.hold(e, notOfThisRun)
		return
	}
	gone, err := r.isGone(ctx, res, e.Verb)
	void := false
	if err == nil && gone == "" {
		if void, err = allSatisfied(ctx, res, e); err == nil && !void {
			err = r.actOn(ctx, res, e.Verb)
		}
	}
	switch {
	case errors.Is(err, resource.ErrQueued):
		r.held[e.Owner], r.queued[e.Owner] = true, true
		return
	case errors.Is(err, resource.ErrMissing):
		gone = notThere
		fallthrough
	case gone != "":
		r.drop(ctx, dropped{e, gone})
		return
	case err != nil:
		r.hold(e, err.Error())
		return
	}
	r.payOff(ctx, notify.Settled{Owners: r.namesFor(e.Owner), Target: e.Target, Verb: e.Verb, Void: void})
	r.counts.Notified += one(!void)
	r.Events.Emit(event.Event{
		Type: event.Notified, Time: r.Now().Wall, Resource: e.Target.String(), Kind: e.Target.Kind, Verb: e.Verb,
		When: string(resource.Delayed), Causes: causes(e), Void: void, Notes: []string{noteUndeclared},
	})
}

const (
	notOfThisRun   = "it is not part of this run"
	notThere       = "it is not there any more, and not declared either"
	noteUndeclared = "it is not declared any more"
	noTarget       = "what is to be told is not there"
)

// isMissing reports whether a declared target of an action does not exist: a
// service with no managed attribute whose unit was removed or is misspelled.
func (r *run) isMissing(ctx context.Context, i int) bool {
	res := r.Resources[i]
	return review(ctx, res, actionOf(res), resource.Outlook{Ask: resource.AskTarget}).Missing
}

// isGone explains why an action cannot be delivered to an undeclared thing; "" if
// it can.
func (r *run) isGone(ctx context.Context, res *resource.Resource, verb string) (why string, err error) {
	if _, ok := res.Provider().(resource.Actor); !ok {
		return fmt.Sprintf("a %s takes no actions", res.Addr.Kind), nil
	}
	if len(res.Secret) > 0 {
		return "it is not declared any more, and what was secret of it is not kept", nil
	}
	have, err := observe(ctx, res)
	if errors.Is(err, resource.ErrMissing) || err == nil && have.IsNull() {
		return notThere, nil
	}
	c := actionOf(res)
	c.Undeclared = true
	found := review(ctx, res, c, resource.Outlook{Ask: resource.AskTarget, Verb: verb})
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case found.Missing:
		return notThere, nil
	}
	return found.Defunct, nil // what else is wrong with it, the action will meet with
}

func (r *run) actOn(ctx context.Context, res *resource.Resource, verb string) error {
	a, ok := res.Provider().(resource.Actor)
	if !ok {
		return fmt.Errorf("a %s takes no actions", res.Addr.Kind)
	}
	r.emitProgress(res, verb)
	defer func() { r.noteEffect(res.Provider(), changesOfAction(res)) }()
	return a.Act(ctx, res.Want, verb)
}

// drop removes a debt that nothing can deliver, and reports it.
func (r *run) drop(ctx context.Context, d dropped) {
	r.payOff(ctx, notify.Settled{Owners: r.namesFor(d.Owner), Target: d.Target, Verb: d.Verb, Dropped: d.why})
	r.emitDropped(d)
}
