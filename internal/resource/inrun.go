package resource

import (
	"errors"
)

// ErrShortLived is wrapped by Observe's error for a thing that this run started
// and that has not lasted. Its debts are owed again.
var ErrShortLived = errors.New("did not last")

// Queued is a job that was handed over to the init system and not waited for,
// because it waits for something that waits for this run.
type Queued struct {
	Key  string `json:"key"`  // "unit:nginx.service"
	Verb string `json:"verb"` // start, stop, restart, reload
	For  string `json:"for"`  // the unit that it waits for, and that waits for this run
}

// Ending is a thing that ends with the removal of another.
type Ending struct {
	Keys []string // see [Links.Ends]

	// Without are paths to be removed: a unit that another file defines too
	// keeps running with that one, and is not returned.
	Without []string

	// Stays: what was decided about the thing is to stay, for its package is
	// removed and not purged: it is stopped only.
	Stays bool
}
