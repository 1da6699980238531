package main

import (
	"time"
)

// runOptions are what plan and apply share.
type runOptions struct {
	site     siteOptions
	out      outputOptions
	state    stateOptions
	targets  []string
	prune    bool
	detailed bool
}

// outputOptions say how a run is shown.
type outputOptions struct {
	json    bool
	jsonLog string
	verbose bool
}

// stateOptions say where converge remembers, and how long it waits for others.
type stateOptions struct {
	dir         string
	lockTimeout time.Duration
}

// lockPatience is how long a run waits for another one by default: longer than a
// large transaction of packages takes.
const lockPatience = 10 * time.Minute

// wantedOptions are those of the command wanted.
type wantedOptions struct {
	run          runOptions
	stowDirs     []string
	check        bool
	withOptional bool
}

// rollbackOptions say how a run is taken back.
type rollbackOptions struct {
	runOptions
	dryRun, confirm, force, purge bool
}

// owedOptions are those of the command owed.
type owedOptions struct {
	runOptions
	drop string
}

// applyOptions are those of the command apply.
type applyOptions struct {
	runOptions
	confirm bool
	given   []string // names of the flags on the command line: a saved plan refuses some
}
