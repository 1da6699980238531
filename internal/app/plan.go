package app

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/savedplan"
	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/view"
)

func Plan(ctx context.Context, env *environ.Env, path string, f *RunOptions, out string) (err error) {
	if out != "" && path == "-" {
		return errors.New("cannot save a plan of standard input: apply would have to read it again")
	}
	if out != "" {
		if err := environ.CheckOutput(out); err != nil {
			return fmt.Errorf("cannot save the plan: %w", err)
		}
	}
	rep, err := openReport(ctx, env, "plan", path, f)
	if err != nil {
		return err
	}
	defer func() { err = rep.write(ctx, err) }()
	if f.Site.IsElsewhere() {
		if err := f.checkElsewhere(out); err != nil {
			return err
		}
		var other *elsewhere
		ctx, other, err = f.openElsewhere(ctx, env, "")
		defer func() { err = errors.Join(err, other.close()) }()
		if err != nil {
			return err
		}
		f.elsewhere = other
	}
	if path, err = f.locate(ctx, env, path); err != nil {
		return err
	}
	s, err := beginSession(ctx, env, "plan", path, f, true)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	shown := &savedplan.Transcript{}
	if out != "" {
		s.sinks.Add(shown)
	}
	emitOutputs(s)
	p, err := makePlan(ctx, s)
	if err != nil {
		return err
	}
	if out != "" {
		saved := &savedplan.Plan{Path: path, Origin: f.Site.Origin, Nodes: f.Site.Nodes, Targets: f.Targets, Excludes: f.Excludes, Prune: f.Prune.Value, Resources: s.countResources()}
		if err := s.planKeeper().Save(ctx, p, saved, shown, out); err != nil {
			return err
		}
	}
	return f.planStatus(p.Counts)
}

// makePlan opens the machine of a session, and makes the plan.
func makePlan(ctx context.Context, s *session) (*engine.Planned, error) {
	if e := s.flags.elsewhere; e != nil {
		s.sinks.Emit(e.describe(s.flags))
	}
	rollbacks{s}.warnDue()
	if err := s.openMachine(""); err != nil {
		return nil, err
	}
	if err := s.resolveNames(ctx); err != nil {
		return nil, err
	}
	o := s.engineOptions(ctx)
	noteUnmatched(s)
	noteFormerSites(s)
	return engine.Plan(ctx, o)
}

// planStatus returns the exit status of a plan.
func (f *RunOptions) planStatus(c event.Counts) error {
	switch {
	case c.Failed+c.Held > 0:
		return exit.Silently(exit.Incomplete)
	case f.Detailed && (hasPending(c) || c.Audited+c.Unobserved > 0):
		return exit.Silently(exit.Changes)
	}
	return nil
}

// hasPending reports whether an apply would have anything to do.
func hasPending(c event.Counts) bool { return c.Changed()+c.Also+c.Notified > 0 }

// Validate reads, evaluates and orders a manifest.
func Validate(ctx context.Context, env *environ.Env, path string, o *site.Options, quiet, asJSON bool) error {
	if o.IsElsewhere() && o.Tree {
		return errors.New("--root says which tree has the facts, and --facts has them: give one of the two")
	}
	path, err := o.Locate(ctx, env, path)
	if err != nil {
		return err
	}
	s, err := site.Load(ctx, env, path, o)
	if err != nil {
		return err
	}
	switch {
	case asJSON:
		return view.WriteJSON(env.Out, view.Validity{Valid: true, Resources: len(s.Resources), Findings: env.ListFindings(s.Warnings)})
	case !quiet:
		view.Valid(env.Out, env.IsColored(env.Out), len(s.Resources))
	}
	return nil
}
