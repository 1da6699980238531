package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/resource"
)

func newPlanCommand(env *environ.Env) *cobra.Command {
	var f runFlags
	var out string
	cmd := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what apply would change",
		Long: "Observes everything that the manifest declares and shows what apply would change, with\n" +
			"the differences of files, the whole answer of the package manager, and who would be\n" +
			"notified. It changes nothing and takes no lock. PATH is a file, a folder, or - for\n" +
			"standard input; default: the current folder.\n\n" +
			"--out saves the plan; apply then makes exactly that or refuses, also where something else\n" +
			"would be destroyed than the plan shows, and converge show prints it. A saved plan holds what\n" +
			"was shown, digests of the rest and no sensitive value; only its owner may read it." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Interrupted),
		Example:           "  converge plan\n  converge plan --root ./image site/\n  converge plan --out today.plan && converge apply today.plan",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return plan(cmd.Context(), env, pathArg(args), &f, out)
		},
	}
	f.add(cmd)
	cmd.Flags().Lookup("lock-timeout").Usage = "has no effect: a plan waits for nobody; it is there so that plan can be called as apply is"
	cmd.Flags().StringVar(&out, "out", "", "save the plan to `FILE`, for apply")
	return cmd
}

// add adds the flags that plan and apply share.
func (f *runFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.site.add(fs)
	f.out.add(fs)
	f.state.add(fs)
	addTargets(cmd, &f.targets, &f.site)
	fs.BoolVar(&f.prune, "prune", false, "remove what converge made and the manifest no longer declares")
	fs.BoolVar(&f.detailed, "detailed-exitcode", false, "exit 2 if there are changes")
}

func plan(ctx context.Context, env *environ.Env, path string, f *runFlags, out string) (err error) {
	if out != "" && path == "-" {
		return errors.New("cannot save a plan of standard input: apply would have to read it again")
	}
	if out != "" {
		if err := environ.CheckRegular(out); err != nil {
			return fmt.Errorf("cannot save the plan: %w", err)
		}
	}
	s, err := beginSession(ctx, env, "plan", path, f, true)
	defer func() { err = s.close(err) }()
	if err != nil {
		return err
	}
	shown := &shownPlan{}
	if out != "" {
		s.sinks.tee = append(s.sinks.tee, shown)
	}
	if err := s.equip(""); err != nil {
		return err
	}
	if err := s.tellThings(ctx); err != nil {
		return err
	}
	p, err := engine.Plan(ctx, s.options())
	if err != nil {
		return err
	}
	if out != "" {
		if err := s.save(ctx, p, path, out, shown); err != nil {
			return err
		}
	}
	switch {
	case p.Counts.Failed+p.Counts.Held > 0:
		return exit.Silently(exit.Incomplete)
	case f.detailed && pending(p.Counts):
		return exit.Silently(exit.Changes)
	}
	return nil
}

// pending reports whether an apply would have anything to do.
func pending(c event.Counts) bool { return c.Changed()+c.Also+c.Notified > 0 }

// planSeal returns what seals the fingerprints of a plan of this site; nil if
// nothing of it is sensitive. The key is made if there is none yet.
func (s *session) planSeal() (func(string) string, error) {
	if !s.site.hasSecrets() {
		return nil, nil
	}
	if err := s.state.NeedKey(s.stateDir); err != nil {
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot save the plan, which is about sensitive values: %w", err))
	}
	return s.state.Seal, nil
}

// hasSecrets reports whether anything of the site is sensitive.
func (s *site) hasSecrets() bool {
	return len(s.Secrets) > 0 || len(s.Inputs.Sensitive) > 0 ||
		slices.ContainsFunc(s.Resources, func(r *resource.Resource) bool { return len(r.Secret) > 0 })
}

// save keeps the plan for apply.
func (s *session) save(ctx context.Context, p *engine.Planned, path, out string, shown *shownPlan) error {
	seal, err := s.planSeal()
	if err != nil {
		return err
	}
	steps, err := p.Save(ctx, seal)
	var failed *engine.UnsavableError
	if errors.As(err, &failed) {
		return exit.With(exit.Incomplete, err)
	}
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	saved := &savedPlan{
		Path: resource.EncodeInvalid(abs), Root: resource.EncodeInvalid(s.flags.site.root), Vars: s.site.Inputs.Vars, Sensitive: s.site.Inputs.Sensitive,
		Targets: s.flags.targets, Prune: s.flags.prune, Steps: steps, Resources: s.total(), Shown: shown.events,
	}
	if seal != nil {
		saved.Key = s.state.KeyID()
	}
	for _, n := range s.flags.site.nodes {
		if n, err = filepath.Abs(n); err != nil {
			return err
		}
		saved.Nodes = append(saved.Nodes, resource.EncodeInvalid(n))
	}
	return saved.write(out)
}
