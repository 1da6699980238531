package app

import (
	"context"
	"time"

	"converge/internal/app/environ"
	"converge/internal/app/output"
	"converge/internal/app/past"
	"converge/internal/app/savedplan"
	"converge/internal/app/site"
	"converge/internal/resource"
)

// RunOptions are the options that plan and apply share.
type RunOptions struct {
	Site     site.Options
	Out      output.Options
	State    StateOptions
	Targets  []string
	Excludes []string
	Prune    resource.Opt[bool] // not set: as in the manifest
	Detailed bool

	elsewhere *elsewhere // nil: the run is of this machine
	unchanged bool       // events include resources that need nothing
	report    *report    // nil: none requested
}

// StateOptions select the state folder, and how long a run waits for the locks of others.
type StateOptions struct {
	Dir         string
	LockTimeout time.Duration
}

// LockPatience is how long a run waits for another one by default: longer than a large transaction of packages takes.
const LockPatience = 10 * time.Minute

// locate returns the path of the manifest, which it fetches if the path is a URL.
func (f *RunOptions) locate(ctx context.Context, env *environ.Env, path string) (string, error) {
	f.Site.State = f.State.Dir
	return f.Site.Locate(ctx, env, path)
}

// adoptPlan takes the site's options from a saved plan.
func (f *RunOptions) adoptPlan(p *savedplan.Plan) {
	f.Site.Saved, f.Site.Nodes, f.Site.Root = p.Variables(), p.Nodes, p.Root
	f.Site.State, f.Site.Origin = f.State.Dir, p.Origin
	f.Targets, f.Excludes, f.Prune = p.Targets, p.Excludes, resource.Some(p.Prune)
}

// WantedOptions are the options of the command wanted.
type WantedOptions struct {
	Run          RunOptions
	StowDirs     []string
	Check        bool
	WithOptional bool
	JSON         bool
}

// RollbackOptions select how a run is taken back.
type RollbackOptions struct {
	RunOptions
	DryRun, Confirm, Force, Purge bool

	byDefault string // the run chosen by default
}

// OwedOptions are the options of the command owed.
type OwedOptions struct {
	RunOptions
	Drop string
}

// ApplyOptions are the options of the command apply.
type ApplyOptions struct {
	RunOptions
	Confirm bool

	NoReboot bool     // a reboot stays owed
	Given    []string // names of the flags on the command line: a saved plan refuses some
}

// HistoryOptions are the options of the history.
type HistoryOptions struct {
	past.Options
	HTML      bool
	Forget    bool
	OlderThan string
}
