package stow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
	"converge/resources"
)

// status is the state of a package, and the effect of a request on it.
type status struct {
	state store.State
	goal  string // the disk name of the version to show; "": none is wanted, or none exists

	left    string         // why it is left alone: converge is not its holder
	taken   string         // from whom it is taken, in the words of nameHolder; "": from no holder
	changes []store.Change // the changes to make
	plan    store.Plan     // the plan of these changes alone; it may have conflicts
	counts  store.Counts   // of links into the package, all other changes included
	err     error          // why the changes are impossible
}

// readStatus reads the state of a package. It writes nothing.
func (view *farmView) readStatus(ctx context.Context, req request) (*status, error) {
	req.location = view.at
	return remember(view.found, req, func() (*status, error) {
		now, err := view.computeStatus(ctx, req)
		if errors.Is(err, errChanging) {
			now, err = view.computeStatus(ctx, req)
		}
		return now, err
	})
}

func (view *farmView) computeStatus(ctx context.Context, req request) (*status, error) {
	st, err := view.readState(ctx, req.name)
	if err != nil {
		return nil, err
	}
	now := &status{state: st}
	if !req.isGone() {
		if err := view.addNamedVersion(ctx, req, &st); err != nil {
			return nil, err
		}
		now.goal, now.err = req.chooseVersion(st, func(disk string) (bool, error) {
			data, err := view.readData(ctx, req.name, disk)
			return data != nil && data.Tagged(control.Unstable), err
		})
		if view.store == nil {
			now.err = fmt.Errorf("%s %w: %w", req.nameVersion(), resource.ErrMissing, view.none)
		}
	}
	switch {
	case now.err != nil && !errors.Is(now.err, resource.ErrMissing):
		return nil, now.err
	case view.store != nil:
		err = view.planChanges(ctx, req, now)
	}
	return now, err
}

// planChanges plans the changes, if converge holds the package.
func (view *farmView) planChanges(ctx context.Context, req request, now *status) error {
	foreign, err := view.nameHolder(req.name, now.state)
	if err != nil {
		return err
	}
	isGone := req.isGone() && now.state.Installed == ""
	if foreign != "" && !req.adopt && !isGone {
		now.left = foreign
		return nil
	}
	now.taken = foreign
	if now.err == nil {
		now.changes = now.listChanges(req)
	}
	if len(now.changes) == 0 {
		return nil
	}
	now.plan, err = view.store.Plan(ctx, now.changes, store.Options{Force: now.isForced()})
	var broken *store.InterruptedError
	switch {
	case errors.As(err, &broken):
		now.state.Interrupted, now.state.To = true, broken.To
		return nil
	case err != nil:
		return err
	}
	now.countLinks(req.name, now.plan)
	if now.state.Interrupted { // the process that changed it has finished since
		delete(view.states, req.name)
		return errChanging
	}
	return nil
}

// errChanging reports that a package changed during its observation.
var errChanging = errors.New("another program is changing it: the next run observes the result")

// listChanges returns the changes that meet a request. A version that is already shown is stowed again, which only
// repairs its missing or changed links. It is not restowed: a restow searches for links to removed files, and so reads
// every link next to the package's own, for each package.
func (now *status) listChanges(req request) []store.Change {
	var out []store.Change
	act := func(a store.Action, part string) {
		out = append(out, store.Change{Action: a, Arg: store.Arg{Package: req.name, Part: part}})
	}
	switch {
	case req.isGone() && (now.state.Installed != "" || now.state.Interrupted):
		act(store.Unstow, "") // the version that it has once the interrupted change is finished
	case req.isGone():
	default:
		act(store.Stow, now.goal)
	}
	switch {
	case !now.state.Config:
	case req.ensure == "purged":
		act(store.Unstow, store.Config)
	case !req.isGone() && now.isSwitch(req):
		act(store.Restow, store.Config) // files may be added to it and removed from it
	case !req.isGone():
		act(store.Stow, store.Config)
	}
	return out
}

// addNamedVersion adds the version that a request names exactly to the known ones: a package that has never been stowed
// may not look as if it had versions.
func (view *farmView) addNamedVersion(ctx context.Context, req request, st *store.State) error {
	v, ok := req.exactVersion()
	disk := versiondir.DiskName(v)
	if !ok || st.Protocol || slices.ContainsFunc(st.Versions, func(v store.Version) bool { return v.Disk == disk }) {
		return nil
	}
	at, err := control.OnDisk(view.p.fs).Look(ctx, view.at.stow+"/"+req.name+"/"+disk)
	if err == nil && at.Leads == fsys.Directory {
		st.Versions = append(slices.Clone(st.Versions), store.Version{Disk: disk})
	}
	return err
}

// countLinks sets how many links of the package a plan changes.
func (now *status) countLinks(name string, p store.Plan) {
	for _, m := range p.Moves {
		if m.Package == name {
			now.counts = m.Links
		}
	}
}

// isReached reports whether the request is satisfied: there is nothing to do.
func (now *status) isReached(req request) bool {
	if now.err != nil || now.state.Interrupted || !now.plan.Empty() || len(now.plan.Conflicts) > 0 {
		return false
	}
	return req.isGone() || now.state.Installed == now.goal && now.goal != ""
}

// isForced reports whether the package is taken from its holder.
func (now *status) isForced() bool { return now.taken != "" }

// installedVersion returns the shown version.
func (now *status) installedVersion() string { return versiondir.VersionName(now.state.Installed) }

// describeState returns the present state in one word.
func (now *status) describeState() string {
	switch {
	case now.state.Interrupted:
		return "interrupted"
	case now.state.Missing:
		return "deleted"
	case now.state.Installed == "":
		return "configured"
	}
	return "present"
}

// describeLinks describes the damage to the links of a version that stays.
func (now *status) describeLinks() string {
	switch {
	case now.goal != now.state.Installed || now.state.Interrupted:
		return resources.LinksComplete
	case len(now.plan.Conflicts) > 0:
		return fmt.Sprintf("%d in conflict", len(now.plan.Conflicts))
	}
	c := now.counts
	parts := countWords([]int{c.Added, c.Changed, c.Removed}, "missing", "changed", "stale")
	return cmp.Or(strings.Join(parts, ", "), resources.LinksComplete)
}

// countWords pairs each number that is not 0 with its word.
func countWords(numbers []int, words ...string) (parts []string) {
	for i, n := range numbers {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words[i]))
		}
	}
	return parts
}

// maxTold limits how many conflicts, or paths, are shown for one package.
const maxTold = 3

// conflictError explains why a package cannot be shown, in GNU Stow's words, which name the path and its owner.
func conflictError(req request, now *status, all []farm.Conflict) error {
	var texts []string
	for i, c := range all {
		if i == maxTold {
			texts = append(texts, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		texts = append(texts, c.Text)
	}
	verb, what := "stow", req.name
	if req.isGone() {
		verb = "unstow"
	} else if now.goal != "" {
		what += "/" + versiondir.VersionName(now.goal)
	}
	return fmt.Errorf("cannot %s %s: %s", verb, what, strings.Join(texts, "; "))
}
