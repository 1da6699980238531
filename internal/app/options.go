package app

import (
	"time"

	"converge/internal/app/past"
	"converge/internal/app/site"
)

// RunOptions are what plan and apply share.
type RunOptions struct {
	Site     site.Options
	Out      OutputOptions
	State    StateOptions
	Targets  []string
	Prune    bool
	Detailed bool
}

// OutputOptions say how a run is shown.
type OutputOptions struct {
	JSON    bool
	JSONLog string
	Verbose bool
}

// StateOptions say where converge remembers, and how long it waits for others.
type StateOptions struct {
	Dir         string
	LockTimeout time.Duration
}

// LockPatience is how long a run waits for another one by default: longer than a
// large transaction of packages takes.
const LockPatience = 10 * time.Minute

// WantedOptions are those of the command wanted.
type WantedOptions struct {
	Run          RunOptions
	StowDirs     []string
	Check        bool
	WithOptional bool
}

// RollbackOptions say how a run is taken back.
type RollbackOptions struct {
	RunOptions
	DryRun, Confirm, Force, Purge bool
}

// OwedOptions are those of the command owed.
type OwedOptions struct {
	RunOptions
	Drop string
}

// ApplyOptions are those of the command apply.
type ApplyOptions struct {
	RunOptions
	Confirm bool
	Given   []string // names of the flags on the command line: a saved plan refuses some
}

// HistoryOptions are those of the history.
type HistoryOptions struct {
	past.Options
	Forget    bool
	OlderThan string
}
