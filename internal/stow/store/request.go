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

// Change is one requested change.
type Change struct {
	Action Action
	Arg    Arg
}

// Options are a command's options for all its changes.
type Options struct {
	Force bool // take packages away from their holders
	// Naive treats a bare name as a naive package even if its directory seems to contain versions.
	Naive bool
	// Notify runs HOLDER --stow-forced FOO/N.N for the holder that lost a
	// package.
	Notify bool
}

// request is everything that a command requests of one package, or of its :config.
type request struct {
	foo     string
	config  bool
	naive   bool
	changes []Change
}

// splitRounds splits requests into rounds: a package has one :stowing, so its :config waits for its versions.
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

// Goal is the end of a change in progress, as :stowing records it.
type Goal struct {
	Version string // a disk name; "" unless a version is being stowed
	Config  bool   // the change is about :config, not about versions
	Nothing bool   // it is being unstowed
}

const goalNothing = ":nothing"

// text returns the goal as the text of a link. base leads from the directory of the state to that of the versions: "" at
// home, "../../../stow/foo/" in a view. Only the goal of a version is ever renamed to :installed, so only that link must
// lead to something.
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

// parseGoal reverses text.
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

// part returns the part that is or was stowed.
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
