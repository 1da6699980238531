package dnf

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// solver is dnf's own solver.
type solver struct{ *machine }

// Simulate implements [packages.Solver]. It uses the index in the cache: a refresh has to add what that lacks.
func (s solver) Simulate(ctx context.Context, r packages.Request) (packages.Solution, error) {
	sc, err := s.newScript(ctx, r)
	if err != nil {
		return packages.Solution{}, err
	}
	rows, err := s.solve(ctx, sc)
	if err != nil {
		return packages.Solution{}, err
	}
	sol := packages.Solution{Failed: sc.failed}
	if len(sc.failed) > 0 {
		return sol, nil
	}
	for _, row := range rows {
		sol.Operations = append(sol.Operations, row.operation(sc.installed))
	}
	return sol, nil
}

// solve returns dnf's table of a script, and sets its failures.
func (s solver) solve(ctx context.Context, sc *script) ([]row, error) {
	if len(sc.failed) > 0 || len(sc.lines) == 0 {
		return nil, nil
	}
	if err := s.chooseWeak(ctx, sc); err != nil {
		return nil, err
	}
	return s.listTransaction(ctx, sc)
}

// answer is dnf's answer to a script.
type answer struct {
	rows   []row
	failed map[int]error
}

// listTransaction asks dnf, or returns its answer to the same script on the same
// machine.
func (s solver) listTransaction(ctx context.Context, sc *script) ([]row, error) {
	st, err := s.readSettings()
	if err != nil {
		return nil, err
	}
	key := strings.Join(sc.options, " ") + "\n" + sc.text("") + rpm.StampFiles(s.Host, slices.DeleteFunc(slices.Clone(sc.files), func(file string) bool { return file == "" })...)
	stamp := s.rpm.Stamp()
	if stamp != "" {
		stamp += s.stampIndex(st)
	}
	a, err := s.solutions.Get(stamp, key, func() (answer, error) {
		rows, err := s.askTransaction(ctx, sc)
		return answer{rows, maps.Clone(sc.failed)}, err
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(sc.failed, a.failed)
	return a.rows, nil
}

// checkAll sets the words that a transaction leaves out.
func (s *script) checkAll(rows []row) {
	var ops []packages.Operation
	for _, r := range rows {
		ops = append(ops, r.operation(s.installed))
	}
	for i, w := range s.request.Words {
		if s.specs[i] != "" && !rpm.IsMet(w, s.installed, ops) {
			s.failed[i] = rpm.ErrLeftOut
		}
	}
}

func (s solver) askTransaction(ctx context.Context, sc *script) ([]row, error) {
	argv := s.argv(append(append([]string{"-C"}, sc.options...), "shell")...)
	res, err := s.RunLocked(ctx, s.indexLocks(), lostRace, tool.Command{Argv: argv, Stdin: sc.text("transaction list")})
	if err == nil && res.Status != 0 {
		err = fmt.Errorf("dnf failed: %s", firstError(res))
	}
	if err == nil {
		err = sc.findFailures(res)
	}
	if err != nil || len(sc.failed) > 0 {
		return nil, err
	}
	rows, err := parseTable(res.Stdout)
	if err != nil {
		return nil, fmt.Errorf("cannot read dnf's answer: %w", err)
	}
	sc.checkAll(rows)
	return rows, nil
}
