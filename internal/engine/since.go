package engine

import (
	"context"
	"errors"
	"fmt"
	"path"

	"converge/internal/resource"
)

// refuseChanged refuses to take back a thing that has changed since the run. A thing that is as before the run needs
// nothing.
func (r *planner) refuseChanged(ctx context.Context) {
	if r.Undo == nil {
		return
	}
	parted := r.o.whoseParts()
	replaced := findReplacedFolders(r)
	for i := range r.steps {
		s, u := &r.steps[i], &r.Undo.steps[i]
		if in := replaced.above(wantedPath(r.Resources[i])); in != "" && s.unseen == nil && !s.needsNothing() && !r.Undo.Force {
			s.refuse(fmt.Errorf("%s is something else since run %s, and what is in it may be another's; it is left alone (--force takes it back all the same)", in, r.Undo.Run))
			s.kept = true
			continue
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

// replacedFolders are paths at which the run made a thing and at which something of another type is now.
type replacedFolders map[string]bool

// findReplacedFolders keeps the steps of such things from being taken back: the things no longer exist, or never did.
func findReplacedFolders(r *planner) replacedFolders {
	found := replacedFolders{}
	for i := range r.steps {
		if s := &r.steps[i]; errors.Is(s.unseen, resource.ErrReplaced) {
			s.kept = true
			found[wantedPath(r.Resources[i])] = true
		}
	}
	return found
}

// wantedPath is the path by which a resource names its thing; "": it has none.
func wantedPath(r *resource.Resource) string { return resource.Change{Want: r.Want}.Path() }

// above returns the replaced folder that is above a path; "": none is.
func (f replacedFolders) above(name string) string {
	for dir := path.Dir(name); len(f) > 0 && len(dir) > 1; dir = path.Dir(dir) {
		if f[dir] {
			return dir
		}
	}
	return ""
}

// noteRemains notes what stays of a thing that needs nothing: a part is identified by its text, so an edited part
// counts as absent, and its edited text may be there.
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

// changedSince describes how a thing differs from what the run left, unless it is as before; empty if it does not
// differ.
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

// Impossible lists what a planned rollback cannot do, except what it refuses because of later changes: a version is no
// longer offered, or a transaction would remove or change things that the run never touched.
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
