package stow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/resources"
)

// finding is the state of a package, and the effect of a wish on it.
type finding struct {
	state store.State
	goal  string // the disk name of the version to be shown; "" none, or none is there

	left    string         // why it is left alone: somebody else holds it
	force   bool           // it is taken from whoever has it
	changes []store.Change // what is to be done
	plan    store.Plan     // what that comes to, if nothing else is done; it may be in conflict
	counts  store.Counts   // of links into it, with all else that is done
	err     error          // why it cannot be done
}

// look reads the state of a package. It writes nothing.
func (y *yard) look(ctx context.Context, w wish) (*finding, error) {
	w.place = y.at
	if f, ok := y.found[w]; ok {
		return f, nil
	}
	f, err := y.find(ctx, w)
	if errors.Is(err, errChanging) {
		f, err = y.find(ctx, w)
	}
	if err == nil {
		y.found[w] = f
	}
	return f, err
}

func (y *yard) find(ctx context.Context, w wish) (*finding, error) {
	st, err := y.state(ctx, w.name)
	if err != nil {
		return nil, err
	}
	f := &finding{state: st}
	if !w.gone() {
		if err := y.sight(ctx, w, &st); err != nil {
			return nil, err
		}
		f.goal, f.err = w.choose(st, func(disk string) (bool, error) { return y.unstable(ctx, w.name, disk) })
		if y.store == nil {
			f.err = fmt.Errorf("%s %w: %w", w.what(), resource.ErrMissing, y.none)
		}
	}
	switch {
	case f.err != nil && !errors.Is(f.err, resource.ErrMissing):
		return nil, f.err
	case y.store != nil:
		err = y.planFor(ctx, w, f)
	}
	return f, err
}

// planFor plans the changes, if converge holds the package.
func (y *yard) planFor(ctx context.Context, w wish, f *finding) error {
	foreign, err := y.foreign(w.name, f.state)
	if err != nil {
		return err
	}
	isGone := w.gone() && f.state.Installed == ""
	if foreign != "" && !w.adopt && !isGone {
		f.left = foreign
		return nil
	}
	f.force = foreign != ""
	if f.err == nil {
		f.changes = f.steps(w)
	}
	if len(f.changes) == 0 {
		return nil
	}
	f.plan, err = y.store.Plan(ctx, f.changes, store.Options{Force: f.force})
	var broken *store.InterruptedError
	switch {
	case errors.As(err, &broken):
		f.state.Interrupted, f.state.To = true, broken.To
		return nil
	case err != nil:
		return err
	}
	f.count(w.name, f.plan)
	if f.state.Interrupted { // whoever was at it has finished meanwhile
		delete(y.states, w.name)
		return errChanging
	}
	return nil
}

// errChanging is about a package that was being changed while it was looked at.
var errChanging = errors.New("somebody is changing it: the next run sees what came of it")

// steps are the changes that fulfil a wish. A version that is shown is stowed
// again, which repairs its missing or changed links and does nothing else. It is
// not restowed: to look for links to files that were removed from it, that reads
// every link beside its own, for each package.
func (f *finding) steps(w wish) []store.Change {
	var out []store.Change
	act := func(a store.Action, part string) {
		out = append(out, store.Change{Action: a, Arg: store.Arg{Package: w.name, Part: part}})
	}
	switch {
	case w.gone() && (f.state.Installed != "" || f.state.Interrupted):
		act(store.Unstow, "") // whichever it is when what was interrupted has been finished
	case w.gone():
	default:
		act(store.Stow, f.goal)
	}
	switch {
	case !f.state.Config:
	case w.ensure == "purged":
		act(store.Unstow, store.Config)
	case !w.gone() && f.switches(w):
		act(store.Restow, store.Config) // files may come into it, and go
	case !w.gone():
		act(store.Stow, store.Config)
	}
	return out
}

// sight adds the version that a wish names in full to those that are there: a
// package that has never been stowed may not look as if it had versions.
func (y *yard) sight(ctx context.Context, w wish, st *store.State) error {
	v, ok := w.exact()
	disk := store.DiskName(v)
	if !ok || st.Protocol || slices.ContainsFunc(st.Versions, func(v store.Version) bool { return v.Disk == disk }) {
		return nil
	}
	at, err := control.OnDisk(y.p.fs).Look(ctx, y.at.stow+"/"+w.name+"/"+disk)
	if err == nil && at.Leads == control.Folder {
		st.Versions = append(slices.Clone(st.Versions), store.Version{Disk: disk})
	}
	return err
}

// count takes over how many links of the package a plan changes.
func (f *finding) count(name string, p store.Plan) {
	for _, m := range p.Moves {
		if m.Package == name {
			f.counts = m.Links
		}
	}
}

// unstable tells versions that are only chosen where nothing else will do.
func (y *yard) unstable(ctx context.Context, name, disk string) (bool, error) {
	data, err := y.data(ctx, name, disk)
	return data != nil && data.Tagged(control.Unstable), err
}

// right tells that there is nothing to do.
func (f *finding) right(w wish) bool {
	if f.err != nil || f.state.Interrupted || !f.plan.Empty() || len(f.plan.Conflicts) > 0 {
		return false
	}
	return w.gone() || f.state.Installed == f.goal && f.goal != ""
}

// installed is the version that is shown.
func (f *finding) installed() string { return control.ByName(f.state.Installed) }

// ensure returns the present state in one word.
func (f *finding) ensure() string {
	switch {
	case f.state.Interrupted:
		return "interrupted"
	case f.state.Missing:
		return "deleted"
	case f.state.Installed == "":
		return "configured"
	}
	return "present"
}

// links describes the damage to the links of a version that is to stay.
func (f *finding) links() string {
	switch {
	case f.goal != f.state.Installed || f.state.Interrupted:
		return resources.LinksComplete
	case len(f.plan.Conflicts) > 0:
		return fmt.Sprintf("%d in conflict", len(f.plan.Conflicts))
	}
	return countWords(f.counts, " missing", " changed", " stale", resources.LinksComplete)
}

// countWords counts links that are added, changed and removed.
func countWords(c store.Counts, added, changed, removed, none string) string {
	var parts []string
	for _, n := range []struct {
		n    int
		word string
	}{{c.Added, added}, {c.Changed, changed}, {c.Removed, removed}} {
		if n.n > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", n.n, n.word))
		}
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}

// maxTold is how many conflicts, or paths, are shown of one package.
const maxTold = 3

// conflictError explains why a package cannot be shown, in GNU Stow's words,
// which name the path and its owner.
func conflictError(w wish, f *finding, all []farm.Conflict) error {
	var texts []string
	for i, c := range all {
		if i == maxTold {
			texts = append(texts, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		texts = append(texts, c.Text)
	}
	verb, what := "stow", w.name
	if w.gone() {
		verb = "unstow"
	} else if f.goal != "" {
		what += "/" + control.ByName(f.goal)
	}
	return fmt.Errorf("cannot %s %s: %s", verb, what, strings.Join(texts, "; "))
}
