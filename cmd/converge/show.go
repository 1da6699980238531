package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
	"converge/internal/view"
)

func newShowCommand(env *environ.Env) *cobra.Command {
	var f pastFlags
	var verbose bool
	cmd := &cobra.Command{
		Use:   "show RUN | PLANFILE",
		Short: "Show what a run changed, or a saved plan",
		Long: "Shows what a run changed, attribute by attribute as a plan does, what failed in it and why,\n" +
			"and which notifications it raised: delivered, overtaken by events, or still owed. RUN is an\n" +
			"id as converge history lists them, the beginning of one, or last. The text of a content is\n" +
			"shown where it is kept or still lies where the run put it; nothing sensitive is ever shown.\n\n" +
			"Of a file that plan --out has written, it shows the plan as it was printed." + listStatuses(exit.OK, exit.Failure),
		Example: "  converge show last\n  converge show 20261121T0213 --json\n  converge show today.plan",
		Args:    justOne("RUN or plan file; converge history lists the runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if saved, err := readPlan(args[0]); err != nil || saved != nil {
				if err != nil {
					return err
				}
				return showPlan(env, saved, f.json, verbose)
			}
			state, root, err := openPast(cmd.Context(), env, &f)
			if err != nil {
				return err
			}
			defer state.Close() //nolint:errcheck // it was only read
			runs, err := state.Runs()
			if err != nil {
				return err
			}
			found, err := journal.Find(runs, args[0])
			if err != nil {
				return noSuchRun(err)
			}
			out, err := detailOf(state, root, found)
			if err != nil {
				return err
			}
			if f.json {
				return view.RunJSON(env.Out, out)
			}
			return view.ShowRun(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), verbose, out)
		},
	}
	cmd.ValidArgsFunction = completeRuns(env, &f.state, &f.root)
	f.add(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show whole diffs, and steps that came to nothing")
	return cmd
}

// detailOf is all that is shown of a run.
func detailOf(state *journal.State, root string, r journal.RunSummary) (view.RunDetail, error) {
	d, err := state.Detail(r.ID)
	if err != nil {
		return view.RunDetail{}, err
	}
	out := view.RunDetail{Run: runLine(r, state.Owed()), Changes: []event.Event{}, Notified: []event.Event{}, Others: []event.Event{}}
	s := shower{state: state, kinds: kinds(providers{})}
	if s.fs, err = fsys.Open(root); err == nil {
		defer s.fs.Close() //nolint:errcheck // it was only read
	}
	for _, step := range d.Steps {
		if step.State == journal.Same {
			continue
		}
		e, err := s.event(step)
		if err != nil {
			return out, fmt.Errorf("cannot show run %s: %s: %w", r.ID, step.Addr, err)
		}
		if e.Type != "" {
			out.Changes = append(out.Changes, e)
		}
	}
	out.Notified = append(out.Notified, raised(d, state)...)
	out.Others = others(d, out.Notified)
	return out, nil
}

// shower turns steps into their shown form.
type shower struct {
	state *journal.State
	fs    *fsys.FS // nil: what lies there cannot be read
	kinds []*resource.Kind
}

func (s *shower) event(step journal.Step) (event.Event, error) {
	e := event.Event{
		Type: event.Applied, Resource: step.Addr.String(), Kind: step.Addr.Kind, Action: string(step.Action), Error: step.Error,
		Time: step.At.Wall,
	}
	switch step.State {
	case journal.Failed:
		e.Type = event.Failed
	case journal.Begun:
		e.Notes = append(e.Notes, "begun, and its end is not known: the run was killed")
	case journal.Done, journal.Same:
	}
	if step.Also {
		e.Notes = append(e.Notes, "not declared: it came along with another change")
	}
	k := (&site{kinds: s.kinds}).kind(step.Addr.Kind)
	if k == nil {
		return e, nil
	}
	before, secret, err := s.state.Value(step.Before, k)
	if err != nil {
		return e, err
	}
	after, more, err := s.state.Value(step.After, k)
	if err != nil {
		return e, err
	}
	secret = union(secret, more)
	if after.IsNull() {
		return event.Event{}, nil // an action: it is told with the notifications
	}
	if c := resource.AsBlob(resource.GetAttr(after, "content")); c != nil && !secret["content"] {
		after = resource.With(after, "content", resource.BlobVal(s.found(c, resource.StringAttr(after, "path"))))
	}
	e.Changes = event.Attrs(s.diff(k, step, before, after, secret))
	return e, nil
}

// diff is the step as the change that it was.
func (s *shower) diff(k *resource.Kind, step journal.Step, before, after cty.Value, secret map[string]bool) resource.Change {
	return resource.Diff(&resource.Resource{Addr: step.Addr, Kind: k, Want: after, Secret: k.Secrets(after, secret)}, before)
}

// found is a written content, with its text if that is still at the path.
func (s *shower) found(c *resource.Blob, path string) *resource.Blob {
	if r, err := c.Open(); err == nil {
		r.Close()
		return c
	}
	digest, err := c.Digest()
	if err != nil || s.fs == nil {
		return c
	}
	text, err := s.fs.ReadFile(path, event.MaxDiff)
	if err != nil {
		return c
	}
	live := resource.BytesBlob(text)
	if d, err := live.Digest(); err != nil || d != digest {
		return c
	}
	return resource.DigestBlob(digest, int64(len(text)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil })
}

// others are failures without a step of their own: a resource could not be
// observed, was refused, or depends on a failed one. The reason of a held action
// is stored with the notification.
func others(d *journal.RunDetail, notified []event.Event) []event.Event {
	failed := map[string]bool{}
	for _, s := range d.Steps {
		if s.State == journal.Failed {
			failed[s.Addr.String()] = true
		}
	}
	out := []event.Event{}
	for _, f := range d.Fails {
		e := event.Event{Type: event.Failed, Resource: f.Resource, Error: f.Error, Causes: f.Behind}
		switch {
		case f.Verb != "":
			for i := range notified {
				if n := &notified[i]; n.Resource == f.Resource && n.Type == event.Held {
					n.Error = f.Error
				}
			}
			continue
		case len(f.Behind) > 0:
			e.Type = event.Skipped
		case failed[f.Resource]:
			continue
		}
		out = append(out, e)
	}
	return out
}

// raised lists the notifications of a run, target by target: their result in that
// run, and what is still owed.
func raised(d *journal.RunDetail, state *journal.State) []event.Event {
	var out []event.Event
	at := map[notify.Owner]int{}
	entry := func(o notify.Owner, target resource.Addr, verb string) *event.Event {
		i, ok := at[o]
		if !ok {
			i = len(out)
			at[o] = i
			out = append(out, event.Event{Type: event.Held, Resource: target.String(), Kind: target.Kind, Verb: verb, Message: "paid by a later run"})
		}
		return &out[i]
	}
	for _, s := range d.Steps {
		for _, debt := range s.Owes {
			e := entry(debt.Owner(), debt.Target, debt.Verb)
			if s.State != journal.Same {
				e.Causes = append(e.Causes, debt.Cause.String())
			}
		}
	}
	for _, p := range d.Paid {
		if p.Renamed {
			continue
		}
		e := entry(p.Owner(), p.Target, p.Verb)
		e.Type, e.Verb, e.Void, e.Message = event.Notified, p.Verb, p.Void, "delivered"
		switch {
		case p.Void:
			e.Message = "not needed any more"
		case p.Dropped != "":
			e.Type, e.Error, e.Message = event.Dropped, p.Dropped, "dropped"
		}
	}
	for _, debt := range state.Owed() {
		if debt.Run == d.ID {
			e := entry(debt.Owner(), debt.Target, debt.Verb)
			e.Type, e.Message = event.Held, "still owed"
		}
	}
	kept := out[:0]
	for _, e := range out {
		if len(e.Causes) > 0 || e.Type != event.Held {
			kept = append(kept, e)
		}
	}
	for _, f := range d.Fails {
		if f.Verb != "" && !slices.ContainsFunc(kept, func(e event.Event) bool { return e.Resource == f.Resource }) {
			kept = append(kept, event.Event{Type: event.Held, Resource: f.Resource, Verb: f.Verb, Message: "held; an earlier run owed it"})
		}
	}
	return kept
}
