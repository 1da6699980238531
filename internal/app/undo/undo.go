// Package undo builds the site that takes a run back, from the journal's records of it. Start with [Build]. It changes
// nothing: the engine plans and applies the result.
package undo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/app/past"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/resource"
)

// errByOthers is the reason why a change is not taken back alone.
var errByOthers = errors.New("another change of that run made it so, and it goes back with that alone")

// Reversal takes a run back: the site that does so, and the run's changes.
type Reversal struct {
	*engine.Rollback
	net    []*journal.NetChange
	freed  []journal.LedgerChange // see findReleased
	again  []journal.Returned     // entries that the run, a rollback itself, has restored
	asked  map[resource.Addr]journal.Asked
	unseen map[resource.Addr]bool // targets of notifications that no run has tried to deliver
	hidden map[resource.Addr]bool // probes that cannot be asked: their old secrets were not kept
}

// IsLost reports whether something cannot be taken back, which prevents the whole rollback.
func (u *Reversal) IsLost() bool {
	return !u.Force && slices.ContainsFunc(u.Lost, func(l engine.Lost) bool {
		return !isOnlyWarned(l) && !errors.Is(l.Err, errByOthers)
	})
}

// isOnlyWarned reports whether the rest is taken back without a change.
func isOnlyWarned(l engine.Lost) bool {
	return errors.Is(l.Err, resource.ErrOpaque) || errors.Is(l.Err, resource.ErrForgotten)
}

// RanCommands reports whether the run ran commands, as steps or because they were notified: their effects are unknown.
func (u *Reversal) RanCommands(run *journal.RunDetail) bool {
	return slices.ContainsFunc(u.Lost, func(l engine.Lost) bool { return errors.Is(l.Err, resource.ErrOpaque) }) ||
		slices.ContainsFunc(run.Paid, func(p journal.Payment) bool { return p.Target.Kind == "exec" && !p.Void && p.Dropped == "" })
}

// Options steer [Build].
type Options struct {
	Kind         func(name string) *resource.Kind
	Purge, Force bool

	// Declared are the resources of the manifest; nil: there is none. The journal keeps no secrets, so those of a
	// probe come from there. Scrub removes sensitive strings; nil: there are none.
	Declared []*resource.Resource
	Scrub    func(string) string

	// For is the resource whose failure causes the rollback. If it is a probe that the run was the first to ask, it is
	// asked again as declared. "": a user requested the rollback.
	For string
}

// Build builds the site that takes a run back.
func Build(state *journal.State, run *journal.RunDetail, o Options) (*Reversal, error) {
	b := &builder{state: state, kind: o.Kind, o: o, hidden: map[resource.Addr]bool{}}
	runs, err := b.readLaterRuns(run)
	if err != nil {
		return nil, err
	}
	b.actions = readActions(state, append(runs, run))
	later, forgotten := findLaterChanges(runs), b.findForgotten(runs)
	u := &Reversal{net: run.NetChanges(), freed: findReleased(run, runs), again: run.Returned, asked: run.Asked, hidden: b.hidden, unseen: map[resource.Addr]bool{}}
	var taken []engine.RevertSource
	var lost []engine.Lost
	var leaves []string
	wanted := map[resource.Addr]bool{}
	for _, n := range u.net {
		t, err := b.readChange(n, o.Purge)
		if err != nil {
			lost = append(lost, engine.Lost{Addr: n.Addr, Err: err})
			continue
		}
		if t.Kind == nil {
			continue // an action: it changed nothing itself
		}
		if t.Kind.Leaves != nil {
			leaves = append(leaves, t.Kind.Leaves(t.Past)...)
		}
		if l, ok := later[n.Key]; ok {
			t.Later = l.run
			if t.Left, _, err = b.state.Value(l.found, t.Kind); err != nil {
				return nil, err
			}
		}
		t.Forgotten = forgotten[n.Key]
		b.addNotifies(u, run, n, &t, wanted)
		taken = append(taken, t)
	}
	u.Rollback = engine.Undo(run.ID, taken, b.findNotified(run, wanted), b.kind)
	u.Rollback.Leaves = append(leaves, u.Rollback.Leaves...)
	u.Unasked, u.First = b.listUnasked(run), b.listFirst(run)
	u.Force, u.Lost = o.Force, append(lost, u.Lost...)
	for _, l := range u.Lost {
		if errors.Is(l.Err, resource.ErrForgotten) {
			u.Leaves = append(u.Leaves, l.Addr.String())
		}
	}
	return u, nil
}

// readChange reads a change of the run; its kind is nil if it was only an action.
func (b *builder) readChange(n *journal.NetChange, purge bool) (engine.RevertSource, error) {
	k := b.kind(n.Addr.Kind)
	if k == nil {
		return engine.RevertSource{}, fmt.Errorf("this build knows no kind %q", n.Addr.Kind)
	}
	t := engine.RevertSource{Addr: n.Addr, Kind: k, Batch: n.Batch, Whole: n.Whole}
	before, secret, err := b.state.Value(n.Before, k)
	if err != nil {
		return t, err
	}
	after, also, err := b.state.Value(n.After, k)
	if err != nil {
		return t, err
	}
	ran := n.Steps[len(n.Steps)-1].Action == resource.Run
	switch {
	case ran && before.IsNull() && after.IsNull():
		return engine.RevertSource{}, nil
	case n.Key == "" && !ran:
		return t, errByOthers
	}
	t.Secret = past.MergeSecrets(secret, also)
	t.Past = resource.Past{Name: n.Addr.Name, Key: n.Key, Before: before, After: after, Also: n.Also, Purge: purge, Content: b.state.Kept, Unfinished: !n.Whole}
	t.Past.Secret, t.Past.Hidden, t.Past.Written = t.Secret, b.state.Hidden(n.After), n.FoundAsWritten()
	return t, nil
}

// builder reads the parts of a reversal from the journal.
type builder struct {
	state  *journal.State
	kind   func(name string) *resource.Kind
	o      Options
	hidden map[resource.Addr]bool

	actions actions // the results of the run's notifications
}

// laterChange is the first change of a thing after a run.
type laterChange struct {
	run   string
	found json.RawMessage // the state of the thing before that change
}

// readLaterRuns reads the runs after this one, the newest first.
func (b *builder) readLaterRuns(run *journal.RunDetail) (later []*journal.RunDetail, err error) {
	runs, err := b.state.Runs()
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if r.ID == run.ID {
			break
		}
		d, err := b.state.Detail(r.ID)
		if err != nil {
			return nil, err
		}
		later = append(later, d)
	}
	return later, nil
}

// findLaterChanges returns the first change in later runs for every key that has one.
func findLaterChanges(later []*journal.RunDetail) map[string]laterChange {
	out := map[string]laterChange{}
	for _, d := range later {
		for _, n := range d.NetChanges() {
			if n.Key != "" {
				out[n.Key] = laterChange{d.ID, n.Before}
			}
		}
	}
	return out
}

// findForgotten returns, for each forgotten thing that no site has recorded again since, the later run that has
// forgotten it. converge no longer manages such a thing, so it stays.
func (b *builder) findForgotten(later []*journal.RunDetail) map[string]string {
	out := map[string]string{}
	for _, d := range later {
		for _, key := range d.Forgot {
			out[key] = d.ID
		}
	}
	if len(out) > 0 {
		for _, e := range b.state.LedgerOf(journal.Site{}).ListThings(func(e journal.LedgerEntry) bool { return !e.OnlyDeclared }) {
			delete(out, e.Key)
		}
	}
	return out
}

// RecordRestored records in the journal what the run is about to take back, so that the ledger restores each
// resource's former entry.
func (u *Reversal) RecordRestored(run *journal.Run, key func(string) string) {
	for i := range u.freed {
		u.freed[i].Key = key(u.freed[i].Key)
	}
	for i := range u.again {
		u.again[i].Was.Key, u.again[i].Now.Key = key(u.again[i].Was.Key), key(u.again[i].Now.Key)
	}
	journal.RestoreReleased(run, u.freed)
	journal.RestoreReturned(run, u.again)
	for _, r := range u.Resources {
		if r.Key != "" {
			run.Restore(r.Key, nil)
		}
	}
	for _, n := range u.net {
		var steps []journal.Step
		for _, s := range n.Steps {
			if !n.Also {
				steps = append(steps, s.Renamed(key))
			}
		}
		run.Restore(key(n.Key), steps)
	}
}

// RecordAlong restores the entries of things that no resource took back: they were restored with the thing that
// contains them, or with another thing that they had become.
func (u *Reversal) RecordAlong(ctx context.Context, run *journal.Run, key func(string) string) error {
	keys := make([]string, len(u.Along))
	for i, k := range u.Along {
		keys[i] = key(k)
	}
	for i := range u.freed {
		keys = append(keys, u.freed[i].Key)
	}
	for i := range u.again {
		keys = append(keys, u.again[i].Now.Key)
	}
	for _, n := range u.net {
		for _, s := range n.Steps {
			for _, e := range s.Ended {
				keys = append(keys, key(e.Key))
			}
		}
	}
	return journal.RestoreEntries(ctx, run, keys)
}

// CheckPossible reports changes that cannot be taken back: as a warning if a command made them, otherwise as an error
// before anything is touched. It does not report a change that is taken back with another one.
func (u *Reversal) CheckPossible(p *engine.Planned, sink event.Sink) error {
	for _, a := range u.UnknownTargets {
		if u.hidden[a] {
			sink.Emit(event.Event{Type: event.Warning, Resource: a.String(), Message: a.String() + " is not asked: the journal does not keep the secrets that it needs. converge check asks the checks of a manifest"})
			continue
		}
		sink.Emit(event.Event{Type: event.Warning, Resource: a.String(), Message: a.String() + " was notified of these changes, but the journal does not say what it is: it is not notified again"})
	}
	warned, refused := u.sortLost()
	for _, l := range warned {
		sink.Emit(event.Event{Type: event.Warning, Resource: l.Addr.String(), Message: fmt.Sprintf("%s: %v", l.Addr, l.Err)})
	}
	lost := append(p.Impossible(), refused...)
	if len(lost) == 0 || u.Force && len(p.Impossible()) == 0 {
		return nil
	}
	return exit.With(exit.Failure, fmt.Errorf("run %s cannot be taken back; nothing was changed:%s", u.Run, listLost(lost)))
}

// sortLost divides what cannot be taken back into changes that only cause a warning, and those that prevent the
// rollback. It omits a change that is taken back with another one.
func (u *Reversal) sortLost() (warned, refused []engine.Lost) {
	for _, l := range u.Lost {
		switch {
		case errors.Is(l.Err, errByOthers):
		case isOnlyWarned(l), u.Force:
			warned = append(warned, l)
		default:
			refused = append(refused, l)
		}
	}
	return warned, refused
}

// listLost joins what cannot be taken back, a line each.
func listLost(lost []engine.Lost) string {
	var b strings.Builder
	for _, l := range lost {
		fmt.Fprintf(&b, "\n  %s: %v", l.Addr, l.Err)
	}
	return b.String()
}
