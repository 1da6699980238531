package store

import (
	"fmt"
	"slices"

	"converge/internal/stow/farm"
)

// job is the way of one package from its recorded state to its goal.
type job struct {
	foo  string
	seat seat
	was  record
	goal Goal
	verb string

	unstow, stow []string // parts
	gone         []string // parts whose trees are not there: links to them are looked for
	hide         string   // the part whose links count as not made yet: see recoverJob

	take   bool   // the holder loses the package, before anything else
	drop   bool   // :managed-by goes
	hold   string // what :managed-by becomes; "" it stays as it is
	cancel bool   // nothing is to be done but to forget the goal
	lost   string // who was told off, for --notify
}

// missingError is GNU Stow's way of saying that a package is not there.
type missingError struct{ stow, part string }

func (e *missingError) Error() string {
	return fmt.Sprintf("The stow directory %s does not contain package %s", e.stow, e.part)
}

// ExitCode is what the program that was asked ends with.
func (*missingError) ExitCode() int { return exitFatal }

// job works out what a wish comes to. It reads only.
func (r *run) job(w wish, seat seat) (*job, error) {
	was, err := seat.read()
	if err != nil {
		return nil, err
	}
	j := &job{foo: w.foo, seat: seat, was: was}
	if w.config {
		for _, before := range r.jobs { // of one look at two rounds
			if before.foo == j.foo {
				j.was.installed = before.goal.Version
			}
		}
		err = r.configJob(j, w)
	} else {
		err = r.versionJob(j, w)
	}
	if err != nil {
		return nil, err
	}
	return j, r.settleHolder(j)
}

func (r *run) versionJob(j *job, w wish) error {
	from := j.was.installed
	for _, c := range w.of {
		v, err := r.pick(c, j.was)
		if err != nil {
			return err
		}
		if v == "" { // -D of what is not installed
			continue
		}
		if c.Action != Stow {
			j.unstow = add(j.unstow, v)
		}
		if c.Action != Unstow {
			j.stow = add(j.stow, v)
		}
	}
	switch {
	case len(j.stow) > 1:
		return &UsageError{Text: fmt.Sprintf("%s can be stowed in one version only, not as %s and %s too", j.foo, j.stow[0], j.stow[1])}
	case len(j.stow) == 1:
		j.goal = Goal{Version: j.stow[0]}
		j.verb = "switch"
		if from == "" || from == j.goal.Version {
			j.verb = "stow"
		}
		if slices.Contains(j.unstow, j.goal.Version) && j.verb == "stow" {
			j.verb = "restow"
		}
		if from != "" && from != j.goal.Version {
			j.unstow = add(j.unstow, from)
		}
	default:
		j.verb = "unstow"
		j.goal = Goal{Nothing: true}
		if from != "" && !slices.Contains(j.unstow, from) && len(j.unstow) > 0 {
			j.goal = Goal{Version: from} // what is installed is another, and stays
		}
	}
	return r.sortParts(j, j.was.installed)
}

func (r *run) configJob(j *job, w wish) error {
	j.goal = Goal{Config: true}
	j.verb = "unstow"
	for _, c := range w.of {
		if c.Action != Stow {
			j.unstow = add(j.unstow, Config)
		}
		if c.Action != Unstow {
			j.stow = add(j.stow, Config)
		}
	}
	switch {
	case len(j.stow) == 0:
		j.goal.Nothing = true
		if err := r.uncovered(j); err != nil {
			return err
		}
	case len(j.unstow) == 0:
		j.verb = "stow"
	default:
		j.verb = "restow"
	}
	return r.sortParts(j, "")
}

// uncovered stows the installed version again at the places that :config covered.
func (r *run) uncovered(j *job) error {
	there, err := r.there(j.foo, j.was.installed)
	if there {
		j.stow = append(j.stow, j.was.installed)
	}
	return err
}

// sortParts checks which trees exist. If a tree is missing, its recorded
// installation can still be unstowed, by a walk over the whole target.
func (r *run) sortParts(j *job, installed string) error {
	for _, part := range slices.Concat(j.stow, j.unstow) {
		there, err := r.there(j.foo, part)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if part != installed || slices.Contains(j.stow, part) {
			return &missingError{r.at.stow + "/" + j.foo, part}
		}
		j.unstow = slices.DeleteFunc(j.unstow, func(p string) bool { return p == part })
		j.gone = add(j.gone, part)
	}
	return nil
}

func (s *Store) there(foo, part string) (bool, error) {
	if part == "" {
		return false, nil
	}
	d, err := s.pkg(foo)
	if err != nil || d == nil {
		return false, notDir(err)
	}
	defer d.Close()
	return holds(d, part)
}

func add(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// settleHolder checks the holder of the package, and determines the next one.
func (r *run) settleHolder(j *job) error {
	mine := j.was.holder == ""
	if !mine {
		var err error
		if mine, err = r.actsFor(j.seat, j.was.holder); err != nil {
			return err
		}
	}
	if !mine && r.opts.Force {
		j.take, j.lost = true, j.was.holder
	}
	if !mine && !j.take && j.verb != "stow" {
		return &HeldError{Package: j.foo, Holder: j.was.holder, Verb: j.verb}
	}
	switch {
	case j.goal.Nothing && !j.goal.Config, j.goal.Nothing && j.was.installed == "":
		j.drop = j.was.holder != "" && !j.take
	case j.take, j.was.holder == "" && j.verb != "unstow":
		var err error
		j.hold, err = r.holderText(j.seat)
		return err
	}
	return nil
}

// image is one part of a package as the planner knows it.
func (r *run) image(foo, part string) farm.Image {
	if part == "" {
		return farm.Image{Stow: r.at.stow, Package: foo}
	}
	stow := r.at.stow + "/" + foo
	if r.at.stow == "." {
		stow = foo
	}
	return farm.Image{Stow: stow, Package: part}
}

// records tells whether the links of the record change.
func (j *job) records() bool {
	switch {
	case j.was.stowing || j.was.options != "" || j.take || j.drop:
		return true
	case j.goal.Config:
		return false
	case j.goal.Nothing:
		return j.was.installed != ""
	}
	return j.was.installed != j.goal.Version || j.hold != ""
}
