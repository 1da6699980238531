package store

import (
	"slices"

	"converge/internal/stow/farm"
)

// job takes one package from its recorded state to its goal.
type job struct {
	foo   string
	state packageState
	was   Record
	goal  Goal
	verb  string

	unstow, stow []string // parts
	gone         []string // parts whose trees are missing: links to them must be searched for
	hide         string   // the part whose links count as not made yet: see continueStowing

	take   bool   // take the package from its holder, was.Holder, before anything else
	drop   bool   // remove :managed-by
	hold   string // the new text of :managed-by; "": unchanged
	cancel bool   // only remove the goal
}

// setVersionGoal derives the goal from the requested parts.
func (j *job) setVersionGoal() {
	from := j.was.Installed
	if len(j.stow) == 0 {
		j.verb, j.goal = "unstow", Goal{Nothing: true}
		if from != "" && !slices.Contains(j.unstow, from) && len(j.unstow) > 0 {
			j.goal = Goal{Version: from} // another version is installed, and stays
		}
		return
	}
	j.goal, j.verb = Goal{Version: j.stow[0]}, "switch"
	if from == "" || from == j.goal.Version {
		j.verb = "stow"
		if slices.Contains(j.unstow, j.goal.Version) {
			j.verb = "restow"
		}
		return
	}
	j.unstow = addOnce(j.unstow, from)
}

// want adds a part to unstow or stow.
func (j *job) want(a Action, part string) {
	if a != Stow {
		j.unstow = addOnce(j.unstow, part)
	}
	if a != Unstow {
		j.stow = addOnce(j.stow, part)
	}
}

// addTo adds the parts of the job to a request to the planner.
func (j *job) addTo(q *farm.Request, stow string) {
	for _, part := range j.unstow {
		q.Unstow = append(q.Unstow, imageOf(stow, j.foo, part))
	}
	for _, part := range j.stow {
		q.Stow = append(q.Stow, imageOf(stow, j.foo, part))
	}
}

// nextHolder returns the text of :managed-by after the job.
func (j *job) nextHolder() string {
	switch {
	case j.hold != "":
		return j.hold
	case j.drop || j.take:
		return ""
	}
	return j.was.Holder
}

// changesRecord reports whether the links of the record change.
func (j *job) changesRecord() bool {
	switch {
	case j.was.Interrupted || j.was.options != "" || j.take || j.drop:
		return true
	case j.goal.Config:
		return false
	case j.goal.Nothing:
		return j.was.Installed != ""
	}
	return j.was.Installed != j.goal.Version || j.hold != ""
}

// imageOf returns one part of a package, or a naive package, as the planner identifies it; stow is the path of the stow
// directory from the target.
func imageOf(stow, foo, part string) farm.Image {
	switch {
	case part == "":
		return farm.Image{Stow: stow, Package: foo}
	case stow == ".":
		return farm.Image{Stow: foo, Package: part}
	}
	return farm.Image{Stow: stow + "/" + foo, Package: part}
}

func addOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
