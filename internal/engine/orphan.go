package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// Orphan is a thing that converge created and that nothing declares any more.
type Orphan struct {
	Key    string // ledger key
	Addr   resource.Addr
	Kind   *resource.Kind
	ID     string // value of the kind's label attribute: the path or the name
	Digest string // of the content last written; empty: it has none
	Secret bool   // that content was sensitive

	Deps     []string // ledger keys that it depended on
	Notifies []OrphanNotify

	Others  []string // who else declares it: it is not this site's to remove
	Unknown bool     // no site is known to have made it, so none may remove it
}

// OrphanNotify is a notification that the removal of an orphan sends.
type OrphanNotify struct {
	Target resource.Addr
	Key    string // what the target stands for; "": nothing
	Verb   string
	When   resource.Timing

	// Resource is the target as it was declared last, for when nothing declares
	// it any more; nil: not known.
	Resource *resource.Resource
}

// orphanStep is what becomes of one thing that nothing declares any more.
type orphanStep struct {
	Orphan
	res    *resource.Resource // the same thing, declared absent
	change resource.Change
	node   int // of the run's resources; -1: it will not be removed

	release bool // it is converge's business no more
	letGo   bool // it is other sites' alone
	along   bool // it goes with a directory that is purged, and is counted with that
	note    string
}

// lookAtOrphans checks for every orphan whether it exists, whether it is still as
// converge left it, and whether it may be removed.
func (r *run) lookAtOrphans(ctx context.Context) {
	if len(r.Orphans) > 0 {
		r.purged = r.findPurged(ctx)
	}
	for _, o := range r.Orphans {
		s := orphanStep{Orphan: o, node: -1}
		r.lookAtOrphan(ctx, &s)
		r.orphans = append(r.orphans, s)
	}
	r.releaseNotEmpty(ctx)
	r.keepNeeded(ctx)
}

func (r *run) lookAtOrphan(ctx context.Context, s *orphanStep) {
	if s.Kind == nil || s.Kind.Label == "" {
		s.release, s.note = true, "of a kind that this build does not know: released"
		return
	}
	if link, to := r.Identity.Strayed(s.Key); link != "" && len(s.Others) == 0 {
		s.release, s.note = true, fmt.Sprintf("released: what it was is no longer there: %s is a link to %s now", link, to)
		return
	}
	res, err := absentResource(s.Orphan)
	if err != nil {
		s.release, s.note = true, "released: "+r.oneLine(err)
		return
	}
	have, err := observe(ctx, res)
	if err != nil {
		s.note = "left alone: " + r.oneLine(err)
		return
	}
	s.res, s.change = res, resource.Diff(res, have)
	switch {
	case s.change.Empty():
		s.release = true
	case len(s.Others) > 0:
		s.letGo, s.note = true, "no longer declared here; stays, for it is declared by "+strings.Join(s.Others, " and ")
	case r.isPurged(s.Key): // whoever changed it since, it goes, and notifies whom it notified
	case s.Digest != "" && r.wasEdited(ctx, res, s.Digest):
		s.release, s.note = true, "changed since converge wrote it: released"
	case s.Unknown:
		s.note = "made before converge kept apart what belongs to which site: not removed until a site declares it again"
	case !r.Prune:
		s.note = notePrune
	}
}

// findPurged are the keys of what the declared changes remove besides what they
// are about, and which change does: with a directory that is purged go orphans.
func (r *run) findPurged(ctx context.Context) map[string]int {
	out := map[string]int{}
	for i := range r.steps {
		s := &r.steps[i]
		if s.state != waiting || s.unseen != nil || s.plan.Empty() {
			continue
		}
		paths, err := r.removedBy(ctx, i, s.plan)
		if err != nil {
			continue // the plan of the step will say so
		}
		for _, p := range paths {
			out[pathKey+p] = i
		}
	}
	return out
}

func (r *run) isPurged(key string) bool {
	_, ok := r.purged[key]
	return ok
}

// removable reports whether an orphan is to be removed, as far as is known yet.
func (s *orphanStep) removable() bool {
	return s.res != nil && !s.release && !s.letGo && s.note == ""
}

// absentResource builds the resource that declares an orphan absent. It bears
// the name of the thing, not of the block that declared it: another thing may
// be declared under that by now.
func absentResource(o Orphan) (*resource.Resource, error) {
	attrs := map[string]cty.Value{o.Kind.Label: cty.StringVal(o.ID)}
	if o.Kind.Named != nil {
		attrs = o.Kind.Named(o.Key)
	}
	attrs["ensure"] = cty.StringVal("absent")
	if _, ok := o.Kind.Attr("ensure"); !ok {
		return nil, fmt.Errorf("a %s cannot be removed", o.Kind.Name)
	}
	addr := resource.Addr{Kind: o.Kind.Name, Name: o.ID}
	if o.Kind.Prepare != nil {
		var err error
		if attrs, err = o.Kind.Prepare(resource.Input{Addr: addr, Attrs: attrs, Node: func() cty.Value { return cty.EmptyObjectVal }}); err != nil {
			return nil, err
		}
	}
	res := &resource.Resource{Addr: addr, Kind: o.Kind, Want: cty.ObjectVal(attrs), Key: o.Key}
	if o.Secret {
		res.Secret = map[string]bool{"content": true}
	}
	return res, nil
}

// reportOrphans tells what becomes of the orphans.
func (r *run) reportOrphans() {
	for i := range r.orphans {
		s := &r.orphans[i]
		if s.release && s.note == "" {
			continue // it is not there any more: nothing to tell
		}
		e := event.Event{
			Type: event.Orphaned, Time: r.Now().Wall, Resource: thingAddr(s.Orphan).String(), Kind: s.Addr.Kind,
			Action: string(resource.None), Message: s.ID,
		}
		if s.note != "" {
			e.Notes = []string{s.note}
		}
		switch {
		case s.node >= 0 && r.steps[s.node].state == postponed:
			e.Notes = []string{"no longer declared; stays for now, because something else fails"}
		case s.node >= 0:
			c := r.steps[s.node].plan
			e.Resource, e.Action, e.Changes = c.Addr.String(), string(c.Action), event.Attrs(c)
			e.Notes = append(e.Notes, c.Notes...)
			if !s.along {
				r.count(c.Action)
			}
		}
		r.Events.Emit(e)
	}
}

// thingAddr names an orphan by what it is.
func thingAddr(o Orphan) resource.Addr { return resource.Addr{Kind: o.Addr.Kind, Name: o.ID} }
