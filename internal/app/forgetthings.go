package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/ownership"
	"converge/internal/app/past"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest/diag"
	"converge/internal/notify"
	"converge/internal/resource"
	"converge/internal/view"
)

// ForgetThings removes things from the ledger that stay on the host, whichever sites made them. Each name is a key, in
// which * after the colon matches any characters, a path, which includes the parts of that file, or an address as a
// plan shows it for an undeclared thing.
func ForgetThings(ctx context.Context, env *environ.Env, f *RunOptions, names []string) (err error) {
	s, err := beginBare(ctx, env, "", f, false)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	keys, err := chooseThings(s.state, names)
	if err != nil {
		return err
	}
	err = s.runAside(ctx, func(run *journal.Run) error {
		keys, err = journal.ForgetThings(ctx, run, keys)
		return err
	})
	if err != nil {
		return err
	}
	if f.Out.JSON {
		out := make([]view.Thing, len(keys))
		for i, key := range keys {
			out[i] = view.Thing{Key: key, Forgotten: true}
		}
		return view.WriteJSON(env.Out, out...)
	}
	return view.ForgottenThings(env.Out, keys)
}

// chooseThings returns the keys of the named things. A name without a thing is an error, with the most similar key.
func chooseThings(state *journal.State, names []string) (keys []string, err error) {
	all := state.LedgerOf(journal.Site{}).ListThings(func(journal.LedgerEntry) bool { return true })
	for _, name := range names {
		found := 0
		for _, e := range all {
			if meansThing(name, e) {
				keys, found = append(keys, e.Key), found+1
			}
		}
		if found > 0 {
			continue
		}
		if lacksKind(name) && name[0] != '/' {
			return nil, exit.With(exit.Failure, fmt.Errorf("cannot forget %q: a pattern begins with what the things are, as in \"path:/etc/*\" or \"package:*\"", name))
		}
		known := make([]string, len(all))
		for i, e := range all {
			known[i] = e.Key
		}
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot forget %q: converge keeps no record of it.%s", name, diag.Suggest(name, known, "It has records of")))
	}
	return keys, nil
}

// meansThing reports whether a name on the command line matches a thing.
func meansThing(name string, e journal.LedgerEntry) bool {
	return !lacksKind(name) && ownership.Means(name, e) || name != "" && name[0] == '/' && ownership.Means("path:"+name, e)
}

// lacksKind reports whether a pattern does not name the kind of its things, so that it would match those of every
// site.
func lacksKind(name string) bool {
	if _, err := resource.ParseAddr(name); err == nil {
		return false
	}
	kind, _, _ := strings.Cut(name, ":")
	return strings.Contains(kind, "*")
}

// NameThings returns the keys of the ledger, for completion.
func NameThings(ctx context.Context, env *environ.Env, o *past.Options) []string {
	state, _, err := past.Open(ctx, env, o)
	if err != nil {
		return nil
	}
	defer state.Close() //nolint:errcheck // read only
	var out []string
	parts := map[string]bool{}
	for _, e := range state.LedgerOf(journal.Site{}).ListThings(func(journal.LedgerEntry) bool { return true }) {
		out = append(out, e.Key+"\t"+e.Addr.String())
		for _, file := range ownership.FilesWithParts(e) {
			if !parts[file] {
				out, parts[file] = append(out, "path:"+file+"\tall parts of "+file), true
			}
		}
	}
	return out
}

// noteUnmatched reports which names in forget blocks match nothing, and never did. If the history cannot be read, that
// is not known.
func noteUnmatched(s *session) {
	names, err := s.owned.ListUnmatched()
	if err != nil {
		return
	}
	for _, u := range names {
		e := event.Event{Type: event.Forgotten, Void: true, Message: u.Name}
		if advice := diag.Suggest(u.Name, u.Keys, ""); advice != "" {
			e.Notes = []string{strings.TrimSpace(advice)}
		}
		s.sinks.Emit(e)
	}
}

// noteFormerSites reports which other sites may be this one under a former path or name.
func noteFormerSites(s *session) {
	if s.chosen != nil {
		return
	}
	for _, note := range ownership.NoteFormer(s.owned) {
		s.sinks.EmitAs(event.Warning)(note)
	}
}

// oweNoForgotten omits the debts to things that the manifest has forgotten.
func oweNoForgotten(owed []notify.Debt, orphans []engine.Orphan) []notify.Debt {
	return slices.DeleteFunc(owed, func(d notify.Debt) bool {
		return d.Thing != "" && slices.ContainsFunc(orphans, func(o engine.Orphan) bool { return o.Forget && o.Key == d.Thing })
	})
}

// recalled is a run that is taken back and that has forgotten or recalled things.
type recalled struct{ *journal.RunDetail }

// recallsOf returns the run to be taken back, if it has forgotten or recalled things.
func recallsOf(taken *journal.RunDetail) recalled {
	if len(taken.Forgot)+len(taken.Recalled) == 0 {
		return recalled{}
	}
	return recalled{taken}
}

// report reports these things.
func (r recalled) report(sink event.Sink) {
	if r.RunDetail == nil {
		return
	}
	for _, key := range r.Forgot {
		sink.Emit(event.Event{Type: event.Recalled, Message: key})
	}
	for _, key := range r.Recalled {
		sink.Emit(event.Event{Type: event.Forgotten, Message: key})
	}
}

// record makes a run recall what this one has forgotten, and forget what it has recalled.
func (r recalled) record(ctx context.Context, run *journal.Run) error {
	if r.RunDetail == nil {
		return nil
	}
	if _, err := journal.ForgetThings(ctx, run, r.Recalled); err != nil {
		return err
	}
	return r.Recall(ctx, run)
}
