package store

import "slices"

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
