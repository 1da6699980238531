package engine

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/resource"
)

// refuseChanged refuses to take back a thing that has changed since the run. A
// thing that is as it was before the run needs nothing.
func (r *planner) refuseChanged(ctx context.Context) {
	if r.Undo == nil {
		return
	}
	parted := r.o.whoseParts()
	for i := range r.steps {
		s, u := &r.steps[i], &r.Undo.steps[i]
		if errors.Is(s.unseen, resource.ErrReplaced) {
			s.kept = true // the thing has gone, or never came about
		}
		if s.state != waiting || s.unseen != nil {
			continue
		}
		if s.needsNothing() {
			r.noteRemains(ctx, i)
			continue
		}
		s.note(u.notes...)
		why := ""
		if u.forgotten != "" {
			why = fmt.Sprintf("run %s has forgotten it", u.forgotten)
		} else if u.made != nil {
			why = r.changedSince(ctx, u, s.plan())
			if why == "" && s.action() == resource.Delete && u.made.Kind.Content(u.made.Want) == nil && !parted[pathOfKey(r.Resources[i].Key)] {
				why = r.Undo.whyFilled(ctx, r.Resources[i], r.oneLine)
			}
		}
		if !u.whole {
			if s.refuse(checkContents(s.plan())); s.notable().refused != nil {
				continue
			}
		}
		if why == "" {
			continue
		}
		if r.Undo.Force {
			s.note(why + ": taken back all the same")
		} else {
			s.refuse(errors.New(why + "; it is left alone (--force takes it back all the same)"))
			s.kept = true
		}
	}
}

// noteRemains notes what stays of a thing that needs nothing: a part is known by what it is, so one that
// was edited is not there any more, and what it was edited to may be.
func (r *planner) noteRemains(ctx context.Context, i int) {
	s, u, res := &r.steps[i], &r.Undo.steps[i], r.Resources[i]
	if u.made == nil || u.forgotten != "" {
		return
	}
	notes := review(ctx, res, s.plan(), resource.Outlook{Ask: resource.AskRemains}).Notes
	if _, _, isPart := resource.CutPartKey(res.Key); u.later == "" && (isPart || len(res.Links().Within) > 0) {
		if c, err := compareMade(ctx, u.made, s.plan(), u.whole); err == nil && c.Action == resource.Create {
			notes = append([]string{fmt.Sprintf("it was removed or edited since run %s; what took its place stays", r.Undo.Run)}, notes...)
		}
	}
	s.note(notes...)
	s.alone = len(notes) > 0
}

// checkContents returns an error if a content that is to be put back is not kept.
func checkContents(back resource.Change) error {
	for _, a := range back.Attrs {
		if b := resource.AsBlob(a.Want); b != nil {
			if err := b.CheckReadable(); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedSince describes how a thing differs from what the run left, if it is not
// as it was before either; empty if it does not.
func (r *planner) changedSince(ctx context.Context, u *revertStep, back resource.Change) string {
	c, err := compareMade(ctx, u.made, back, u.whole)
	if err != nil {
		return r.Scrub(err.Error())
	}
	if c.Action != resource.None && u.left != nil {
		if left, err := compareMade(ctx, u.left, back, true); err == nil && left.Action == resource.None {
			return ""
		}
	}
	var how string
	switch c.Action {
	case resource.None:
		return ""
	case resource.Create:
		how = "it is not there any more"
	case resource.Delete:
		how = "there is something in its place"
	default:
		how = "it was changed (" + differing(c) + ")"
	}
	if u.later != "" {
		return fmt.Sprintf("%s since run %s, by run %s or later", how, r.Undo.Run, u.later)
	}
	if !u.whole {
		return fmt.Sprintf("run %s did not end this change, and %s", r.Undo.Run, how)
	}
	return fmt.Sprintf("%s since run %s", how, r.Undo.Run)
}

// Impossible lists what of a planned rollback cannot be done, other than what
// it refuses because it was changed since: a version that is not offered any
// more, or a transaction that would remove or change what the run never
// touched.
func (p *Planned) Impossible() []Lost {
	var out []Lost
	for _, i := range p.plan.order {
		if s := &p.plan.steps[i]; s.err != nil && !s.kept {
			out = append(out, Lost{s.of.Addr, s.err})
		}
	}
	for _, e := range p.plan.also {
		if a := e.change.Action; a != resource.Create {
			out = append(out, Lost{e.change.Addr, fmt.Errorf("it would be %sd along with the packages, and the run did not touch it", a)})
		}
	}
	return out
}
