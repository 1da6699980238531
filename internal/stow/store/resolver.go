package store

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/stow/farm"
	"converge/internal/stow/versiondir"
)

// resolver turns changes into jobs, package by package, by the recorded state and the rights of the holder. It only
// reads.
type resolver struct {
	Location
	actor actor
	opts  Options
	known map[string]bool // whether packages follow the protocol
}

// isProtocol reports whether a package follows the protocol. It caches the answer: the planner calls it for every link.
func (r *resolver) isProtocol(foo string) (bool, error) {
	if yes, ok := r.known[foo]; ok {
		return yes, nil
	}
	yes, err := r.IsProtocol(foo)
	r.known[foo] = yes
	return yes, err
}

// collectRequests groups changes by package, in the order of first mention. :config is a separate request.
func (r *resolver) collectRequests(changes []Change) ([]request, error) {
	var out []request
	for _, c := range changes {
		naive, err := r.isNaive(c)
		if err != nil {
			return nil, err
		}
		q := request{foo: c.Arg.Package, config: c.Arg.Part == Config, naive: naive}
		at := slices.IndexFunc(out, func(o request) bool { return o.foo == q.foo && o.config == q.config })
		switch {
		case at < 0:
			out, at = append(out, q), len(out)
		case out[at].naive && !naive: // FOO and FOO/1.0 in one command
			out[at].naive = false
		}
		out[at].changes = append(out[at].changes, c)
	}
	return out, nil
}

// isNaive reports whether only GNU Stow's rules apply to a change. They would link intended versions as if they were
// files.
func (r *resolver) isNaive(c Change) (bool, error) {
	a := c.Arg
	if a.Part != "" {
		return false, nil
	}
	yes, err := r.isProtocol(a.Package)
	if err != nil || yes {
		return false, err
	}
	if c.Action == Unstow || r.opts.Naive || !versiondir.IsPackage(a.Package) {
		return true, nil
	}
	versions, err := r.LooksVersioned(a.Package)
	if err != nil || len(versions) == 0 || r.ShowsWhole(a.Package, versions) {
		return true, err
	}
	return false, &UsageError{Text: fmt.Sprintf(
		"%s seems to hold versions: %s/%s is one of them; --naive stows %s itself all the same",
		a.Package, a.Package, versions[len(versions)-1], a.Package)}
}

// addNaive adds a naive package to a request to the planner, as GNU Stow would handle it. The holder of the stow
// directory itself holds its naive packages.
func (r *resolver) addNaive(to *farm.Request, q request) error {
	img := imageOf(r.stow, q.foo, "")
	for _, c := range q.changes {
		if c.Action != Stow {
			if err := r.checkNaiveHolder(q.foo); err != nil {
				return err
			}
			to.Unstow = append(to.Unstow, img)
		}
		if c.Action != Unstow {
			to.Stow = append(to.Stow, img)
		}
	}
	return nil
}

func (r *resolver) checkNaiveHolder(foo string) error {
	st := packageState{dir: r.dir, path: r.dir.Path()}
	holder, err := st.link(nameManagedBy)
	if err != nil || holder == "" || r.opts.Force {
		return err
	}
	mine, err := r.actor.actsFor(st, holder)
	if err != nil || mine {
		return err
	}
	return &HeldError{Package: foo, Holder: holder, Verb: "unstow"}
}

// makeJob makes the job of a request. pending are the earlier jobs of the same plan.
func (r *resolver) makeJob(q request, st packageState, pending []*job) (*job, error) {
	was, err := st.read()
	if err != nil {
		return nil, err
	}
	j := &job{foo: q.foo, state: st, was: was}
	if q.config {
		for _, before := range pending { // of a plan with two rounds
			if before.foo == j.foo {
				j.was.Installed = before.goal.Version
			}
		}
	}
	return j, r.resolveJob(j, q)
}

// resolveJob completes a job whose recorded state is known.
func (r *resolver) resolveJob(j *job, q request) (err error) {
	if q.config {
		err = r.resolveConfig(j, q)
	} else {
		err = r.resolveVersions(j, q)
	}
	if err != nil {
		return err
	}
	return r.assignHolder(j)
}

func (r *resolver) resolveVersions(j *job, q request) error {
	for _, c := range q.changes {
		v, err := r.pickVersion(c, j.was)
		if err != nil {
			return err
		}
		if v != "" { // otherwise it is -D of a version that is not installed
			j.want(c.Action, v)
		}
	}
	if len(j.stow) > 1 {
		return &UsageError{Text: fmt.Sprintf("%s can be stowed in one version only, not as %s and %s too", j.foo, j.stow[0], j.stow[1])}
	}
	j.setVersionGoal()
	return r.checkParts(j, j.was.Installed)
}

// pickVersion returns the version that a change is about; "" is none.
func (r *resolver) pickVersion(c Change, was Record) (string, error) {
	foo := c.Arg.Package
	switch {
	case c.Arg.Part != "":
		return c.Arg.Part, nil
	case was.Installed != "" || c.Action == Unstow:
		return was.Installed, nil
	}
	d, err := r.OpenPackage(foo)
	if err != nil {
		return "", err
	}
	var st State
	if d != nil {
		defer d.Close()
		if err := st.addEntries(d); err != nil {
			return "", err
		}
	}
	switch len(st.Versions) {
	case 0:
		return "", &UsageError{Text: "there is no version of " + foo}
	case 1:
		return st.Versions[0].Disk, nil
	}
	names := make([]string, len(st.Versions))
	for i, v := range st.Versions {
		names[i] = foo + "/" + v.Disk
	}
	return "", &UsageError{Text: fmt.Sprintf("which version of %s? There are %s", foo, strings.Join(names, ", "))}
}

func (r *resolver) resolveConfig(j *job, q request) error {
	j.goal = Goal{Config: true}
	j.verb = "unstow"
	for _, c := range q.changes {
		j.want(c.Action, Config)
	}
	switch {
	case len(j.stow) == 0:
		j.goal.Nothing = true
		if err := r.restowInstalled(j); err != nil {
			return err
		}
	case len(j.unstow) == 0:
		j.verb = "stow"
	default:
		j.verb = "restow"
	}
	return r.checkParts(j, "")
}

// restowInstalled stows the installed version again at the places that :config covered.
func (r *resolver) restowInstalled(j *job) error {
	there, err := r.HasPart(j.foo, j.was.Installed)
	if there {
		j.stow = append(j.stow, j.was.Installed)
	}
	return err
}

// checkParts checks which trees exist. If a tree is missing, its recorded
// installation can still be unstowed, by a walk over the whole target.
func (r *resolver) checkParts(j *job, installed string) error {
	for _, part := range slices.Concat(j.stow, j.unstow) {
		there, err := r.HasPart(j.foo, part)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if part != installed || slices.Contains(j.stow, part) {
			return &MissingError{Stow: r.stow + "/" + j.foo, Part: part}
		}
		j.unstow = slices.DeleteFunc(j.unstow, func(p string) bool { return p == part })
		j.gone = addOnce(j.gone, part)
	}
	return nil
}

// assignHolder checks the holder of the package, and determines the next one.
func (r *resolver) assignHolder(j *job) error {
	mine := j.was.Holder == ""
	if !mine {
		var err error
		if mine, err = r.actor.actsFor(j.state, j.was.Holder); err != nil {
			return err
		}
	}
	if !mine && r.opts.Force {
		j.take = true
	}
	if !mine && !j.take && j.verb != "stow" {
		return &HeldError{Package: j.foo, Holder: j.was.Holder, Verb: j.verb}
	}
	switch {
	case j.goal.Nothing && !j.goal.Config, j.goal.Nothing && j.was.Installed == "":
		j.drop = j.was.Holder != "" && !j.take
	case j.take, j.was.Holder == "" && j.verb != "unstow":
		var err error
		j.hold, err = r.actor.holderText(j.state)
		return err
	}
	return nil
}
