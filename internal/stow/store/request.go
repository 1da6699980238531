package store

import (
	"slices"
	"strings"

	"converge/internal/stow/versiondir"
)

// Action is a change of a package.
type Action uint8

// The actions, -S, -D and -R of the command line.
const (
	Stow Action = iota + 1
	Unstow
	Restow
)

// Change is one thing that is asked for.
type Change struct {
	Action Action
	Arg    Arg
}

// Options are a command's options for all its changes.
type Options struct {
	Force bool // take packages away from their holders
	// Naive takes a bare name for a naive package even if its directory looks
	// as if versions were in it.
	Naive bool
	// Notify runs HOLDER --stow-forced FOO/N.N for the holder that lost a
	// package.
	Notify bool
}

// request is all that a command asks of one package, or of its :config.
type request struct {
	foo     string
	config  bool
	naive   bool
	changes []Change
}

// splitRounds splits requests: a package has one :stowing, so its :config waits
// until its versions are done.
func splitRounds(requests []request) [][]request {
	var first, second []request
	for _, q := range requests {
		if q.config && slices.ContainsFunc(requests, func(o request) bool { return o.foo == q.foo && !o.config }) {
			second = append(second, q)
		} else {
			first = append(first, q)
		}
	}
	if second == nil {
		return [][]request{first}
	}
	return [][]request{first, second}
}

// Goal is the end of a change that is under way, as :stowing records it.
type Goal struct {
	Version string // a disk name; "" unless a version is being stowed
	Config  bool   // it is about :config and not about versions
	Nothing bool   // it is being unstowed
}

const goalNothing = ":nothing"

// text returns the goal as the text of a link. base leads from the directory of
// the state to the one of the versions: "" at home, "../../../stow/foo/" in a
// view. Only the goal of a version is ever renamed to :installed, so only that link
// has to lead to something.
func (g Goal) text(base string) string {
	switch {
	case g.Config && g.Nothing:
		return Config + "/" + goalNothing
	case g.Config:
		return Config
	case g.Nothing:
		return goalNothing
	}
	return base + g.Version
}

// parseGoal is the inverse of text.
func parseGoal(text, base string) (Goal, bool) {
	switch text {
	case Config + "/" + goalNothing:
		return Goal{Config: true, Nothing: true}, true
	case Config:
		return Goal{Config: true}, true
	case goalNothing:
		return Goal{Nothing: true}, true
	}
	v, ok := parseVersion(text, base)
	return Goal{Version: v}, ok
}

// parseVersion reads the version that :installed or :stowing names.
func parseVersion(text, base string) (string, bool) {
	v, ok := strings.CutPrefix(text, base)
	return v, ok && versiondir.IsVersion(v)
}

// part is the part that is stowed, or was.
func (g Goal) part() string {
	if g.Config {
		return Config
	}
	return g.Version
}

func (g Goal) String() string {
	if g.Version == "" {
		return g.text("")
	}
	return g.Version
}
