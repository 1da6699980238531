package zypper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
	"converge/resources"
)

// solver is zypper's own solver.
type solver struct{ *machine }

// Simulate implements [packages.Solver].
func (s solver) Simulate(ctx context.Context, r packages.Request) (packages.Solution, error) {
	sc, err := s.newScript(ctx, r)
	if err != nil {
		return packages.Solution{}, err
	}
	rows, err := s.solve(ctx, sc)
	sc.done()
	if err != nil {
		return packages.Solution{}, err
	}
	if len(sc.failed) > 0 {
		return packages.Solution{Failed: sc.failed}, nil
	}
	return packages.Solution{Operations: rows}, nil
}

// solve returns the operations of a script, and records which words fail.
func (s solver) solve(ctx context.Context, sc *script) ([]packages.Operation, error) {
	if len(sc.failed) > 0 || len(sc.words) == 0 {
		return nil, nil
	}
	if err := s.releaseNamed(sc); err != nil {
		return nil, err
	}
	if err := s.chooseWeak(ctx, sc); err != nil || len(sc.failed) > 0 {
		return nil, err
	}
	return s.dryRun(ctx, sc)
}

// solution is zypper's answer to a script.
type solution struct {
	rows   []packages.Operation
	failed map[int]error
}

// dryRun runs zypper, or returns its cached answer to the same script if nothing has changed.
func (s solver) dryRun(ctx context.Context, sc *script, options ...string) ([]packages.Operation, error) {
	repos, err := s.readRepos()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, w := range sc.request.Words {
		if w.File != "" {
			files = append(files, w.File)
		}
	}
	key := strings.Join(slices.Concat(sc.options, options, sc.words, sc.weak), " ") + rpm.StampFiles(s.Host, files...)
	stamp := s.rpm.Stamp()
	if stamp != "" {
		stamp += s.stampIndex(repos)
	}
	a, err := s.solutions.Get(stamp, key, func() (solution, error) {
		rows, err := s.askSolution(ctx, sc, options...)
		return solution{rows, maps.Clone(sc.failed)}, err
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(sc.failed, a.failed)
	return a.rows, nil
}

func (s solver) askSolution(ctx context.Context, sc *script, options ...string) ([]packages.Operation, error) {
	argv := s.scriptArgv(sc, append(options, "--dry-run")...)
	res, err := s.RunLocked(ctx, s.zyppLocks(), lostRace, tool.Command{Argv: argv})
	if err != nil {
		return nil, err
	}
	a := readAnswer(res.Stdout)
	if a.err != nil {
		return nil, a.err
	}
	if err := sc.findFailures(a); err != nil || len(sc.failed) > 0 {
		return nil, err
	}
	if !a.summary || !isDone(res.Status) {
		return nil, fmt.Errorf("zypper failed: %s", a.firstError(res))
	}
	sc.checkAll(a)
	return a.rows, nil
}

// Whether zypper installs recommended packages is a setting of a whole transaction, but of each package here. If
// packages differ, the transaction runs with the setting off, and names the recommended packages of the others.

// chooseWeak sets how a script treats recommended packages.
func (s solver) chooseWeak(ctx context.Context, sc *script) error {
	switch how, on := resources.ChooseRecommends(sc.request.EachRecommends); how {
	case resources.RecommendsMixed:
		return s.nameWeak(ctx, sc, on)
	case resources.RecommendsOff:
		sc.options = append(sc.options, "--no-recommends")
	case resources.RecommendsOn:
		sc.options = append(sc.options, "--recommends")
	}
	return nil
}

// nameWeak adds the recommended packages of the words that do not refuse them: the packages that only a run with the
// setting on installs.
func (s solver) nameWeak(ctx context.Context, sc *script, on bool) error {
	part := &script{request: sc.request, installed: sc.installed, words: slices.Clone(sc.words), failed: sc.failed, options: sc.options, before: sc.before}
	for i, w := range sc.request.Words {
		if w.Recommends != nil && !*w.Recommends {
			part.words[i] = ""
		}
	}
	var with []string
	if on {
		with = []string{"--recommends"}
	}
	all, err := s.dryRun(ctx, part, with...)
	if err != nil || len(sc.failed) > 0 {
		return err
	}
	least, err := s.dryRun(ctx, part, "--no-recommends")
	if err != nil || len(sc.failed) > 0 {
		return err
	}
	sc.options = append(sc.options, "--no-recommends")
	for _, o := range all {
		if o.Old == "" && !slices.Contains(least, o) {
			sc.weak = append(sc.weak, o.Name+"="+o.New)
			sc.weakNames = append(sc.weakNames, o.Name)
		}
	}
	return nil
}

// markWeak marks the packages that nameWeak added as installed automatically.
func (s solver) markWeak(ctx context.Context, sc *script) error {
	marks := map[string]bool{}
	for _, name := range sc.weakNames {
		if _, had := rpm.Find(sc.installed, name, ""); !had {
			marks[name] = true
		}
	}
	if len(marks) == 0 {
		return nil
	}
	return errors.Join(holds(s).SetAutomatic(ctx, marks))
}
