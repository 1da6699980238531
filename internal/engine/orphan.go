package engine

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/resources"
)

// orphanStep is what becomes of one thing that nothing declares any more.
type orphanStep struct {
	Orphan
	res    *resources.Resource // the same thing, declared absent
	change resources.Change

	remove  bool // it will be removed
	release bool // it is converge's business no more
	letGo   bool // it is other sites' alone
	note    string
}

// planOrphans looks at every orphan: is it still there, is it still as
// converge left it, will it be removed.
func (r *run) planOrphans(ctx context.Context) {
	orphans := slices.Clone(r.Orphans)
	// What lies deeper goes first.
	slices.SortFunc(orphans, func(a, b Orphan) int { return strings.Compare(b.Key, a.Key) })
	for _, o := range orphans {
		s := orphanStep{Orphan: o}
		r.planOrphan(ctx, &s)
		r.orphans = append(r.orphans, s)
	}
}

func (r *run) planOrphan(ctx context.Context, s *orphanStep) {
	if s.Kind == nil || s.Kind.Label == "" {
		s.release, s.note = true, "of a kind that this build does not know: released"
		return
	}
	res, err := undeclare(s.Orphan)
	if err != nil {
		s.release, s.note = true, "released: "+r.scrub(err.Error())
		return
	}
	have, err := observe(ctx, res)
	if err != nil {
		s.note = "left alone: " + r.scrub(err.Error())
		return
	}
	s.res, s.change = res, resources.Diff(res, have)
	switch {
	case s.change.Empty():
		s.release = true
	case len(s.Others) > 0:
		s.letGo, s.note = true, "no longer declared here; stays, for it is declared by "+strings.Join(s.Others, " and ")
	case s.Digest != "" && r.wasEdited(ctx, res, s.Digest):
		s.release, s.note = true, "changed since converge wrote it: released"
	case s.Unknown:
		s.note = "made before converge kept apart what belongs to which site: not removed until a site declares it again"
	case !r.Prune:
		s.note = "no longer declared; --prune removes it"
	default:
		s.remove = true
	}
}

// undeclare builds the resource that declares an orphan absent.
func undeclare(o Orphan) (*resources.Resource, error) {
	attrs := map[string]cty.Value{o.Kind.Label: cty.StringVal(o.ID)}
	if o.Kind.Named != nil {
		attrs = o.Kind.Named(o.Key)
	}
	attrs["ensure"] = cty.StringVal("absent")
	if _, ok := o.Kind.Attr("ensure"); !ok {
		return nil, fmt.Errorf("a %s cannot be removed", o.Kind.Name)
	}
	if o.Kind.Prepare != nil {
		var err error
		if attrs, err = o.Kind.Prepare(resources.Input{Addr: o.Addr, Attrs: attrs, Node: func() cty.Value { return cty.EmptyObjectVal }}); err != nil {
			return nil, err
		}
	}
	return &resources.Resource{Addr: o.Addr, Kind: o.Kind, Want: cty.ObjectVal(attrs)}, nil
}

// written is the content of which the ledger has the digest.
func (r *run) written(digest string) *resources.Blob {
	if r.Written != nil {
		return r.Written(digest)
	}
	return resources.DigestBlob(digest, -1, func() (io.ReadCloser, error) {
		return nil, fmt.Errorf("content %s is known by its digest only", digest)
	})
}

// wasEdited reports whether the live content is not what converge last wrote.
func (r *run) wasEdited(ctx context.Context, gone *resources.Resource, digest string) bool {
	written := r.written(digest)
	probe := *gone
	probe.Want = resources.With(resources.With(gone.Want, "ensure", cty.StringVal("present")), "content", resources.BlobVal(written))
	have, err := observe(ctx, &probe)
	return err != nil || !resources.Diff(&probe, have).Empty()
}

func (r *run) reportOrphans() {
	for _, s := range r.orphans {
		if s.release && s.note == "" {
			continue // it is not there any more: nothing to tell
		}
		e := event.Event{
			Type: event.Orphaned, Time: r.Now().Wall, Resource: s.Addr.String(), Kind: s.Addr.Kind,
			Action: string(resources.None), Message: s.ID,
		}
		if s.remove {
			e.Action, e.Changes = string(resources.Delete), event.Attrs(s.change)
			r.counts.Delete++
		}
		if s.note != "" {
			e.Notes = []string{s.note}
		}
		r.Events.Emit(e)
	}
}

// prune removes the orphans that the plan says go, and releases those that
// are gone or have been taken over by somebody.
func (r *run) prune(ctx context.Context) {
	for k := range r.orphans {
		s := &r.orphans[k]
		switch {
		case s.release:
			r.result.Released = append(r.result.Released, s.Key)
		case s.letGo:
			r.result.LetGo = append(r.result.LetGo, s.Key)
		case s.remove && !r.interrupted(ctx):
			if err := r.pruneOne(ctx, s); err != nil {
				r.counts.Failed++
				r.Events.Emit(event.Event{
					Type: event.Failed, Time: r.Now().Wall, Resource: s.Addr.String(), Kind: s.Addr.Kind,
					Action: string(resources.Delete), Error: r.scrub(err.Error()),
				})
			}
		}
	}
}

func (r *run) pruneOne(ctx context.Context, s *orphanStep) error {
	begun, err := past(ctx, s.Kind, s.change)
	if err != nil {
		return err
	}
	if err := r.Journal.Begin(ctx, []resources.Change{begun}, nil); err != nil {
		r.stop = &journalError{err}
		return r.stop
	}
	err = s.res.Provider().Apply(ctx, s.change)
	if err == nil {
		var have cty.Value
		if have, err = observe(context.WithoutCancel(ctx), s.res); err == nil && !resources.Diff(s.res, have).Empty() {
			err = fmt.Errorf("is still there after its removal")
		}
	}
	r.altered(s.res.Provider(), s.Kind.Opaque)
	r.follow(s.res.Provider(), []resources.Change{s.change}, s.Kind.Opaque)
	if jerr := r.Journal.Done(context.WithoutCancel(ctx), s.change, r.Now(), scrubbed(r, err)); jerr != nil {
		r.stop = &journalError{jerr}
	}
	if err != nil {
		return err
	}
	r.counts.Delete++
	r.Events.Emit(event.Event{
		Type: event.Applied, Time: r.Now().Wall, Resource: s.Addr.String(), Kind: s.Addr.Kind,
		Action: string(resources.Delete), Changes: event.Attrs(s.change), Notes: []string{"no longer declared"},
	})
	return nil
}
