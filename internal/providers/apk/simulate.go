package apk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// Simulate implements [packages.Solver].
func (s *solver) Simulate(ctx context.Context, r packages.Request) (out packages.Solution, err error) {
	o, err := s.newOrder(ctx, r)
	if err != nil {
		return out, err
	}
	if out.Failed = o.failed; len(out.Failed) > 0 {
		return out, nil
	}
	if len(o.fix) > 0 {
		if out, err = s.simulateFix(ctx, o); err != nil || len(out.Failed) > 0 {
			return out, err
		}
	}
	all := o.all()
	if len(all) == 0 {
		return out, nil
	}
	res, err := s.simulate(ctx, append([]string{"add"}, all...))
	if err != nil {
		return out, err
	}
	if isRefused(res) {
		failed, err := s.explain(ctx, o, res)
		return packages.Solution{Failed: failed}, err
	}
	ops, err := parseOperations(res)
	if err != nil {
		return packages.Solution{}, err
	}
	out.Operations = mergeOperations(out.Operations, ops)
	out.Failed, err = s.checkRemovals(o, out.Operations)
	if len(out.Failed) > 0 {
		out.Operations = nil
	}
	return out, err
}

// simulate asks apk what a call would do. It takes no lock and fetches nothing.
func (s *solver) simulate(ctx context.Context, call []string) (tool.Result, error) {
	res, err := s.run(ctx, append([]string{"--simulate"}, call...)...)
	if err != nil {
		return res, fmt.Errorf("cannot ask apk what it would do: %w", err)
	}
	return res, nil
}

// simulateFix asks what a repair would do. A package without a source cannot be installed again.
func (s *solver) simulateFix(ctx context.Context, o *order) (out packages.Solution, err error) {
	res, err := s.simulate(ctx, append([]string{"fix"}, o.fix...))
	if err != nil {
		return out, err
	}
	if out.Operations, err = parseOperations(res); err != nil {
		return out, err
	}
	out.Failed = map[int]error{}
	for i, w := range o.words {
		if w.Reinstall && !slices.ContainsFunc(out.Operations, func(op packages.Operation) bool { return op.Name == w.Name }) {
			out.Failed[i] = errors.New("it is broken, and no package source has it to install it again")
		}
	}
	if len(out.Failed) > 0 {
		out.Operations = nil
	}
	return out, nil
}

// isRefused reports whether apk has refused a call. Its status does not show that: it also counts the packages that
// were broken before.
func isRefused(r tool.Result) bool {
	return strings.Contains(r.Stdout+"\n"+r.Stderr, "ERROR: ")
}

// checkRemovals finds the packages that apk keeps in another version.
func (s *solver) checkRemovals(o *order, ops []packages.Operation) (map[int]error, error) {
	failed := map[int]error{}
	for i, w := range o.words {
		gone := func(op packages.Operation) bool { return op.Name == w.Name && op.New == "" }
		if w.Remove && o.args[i] != "" && !slices.ContainsFunc(ops, gone) {
			list, err := s.readRecords()
			if err != nil {
				return nil, err
			}
			failed[i] = errors.New("apk would keep it, in another version")
			if who := whoNeeds(list, w.Name); who != "" {
				failed[i] = fmt.Errorf("%s needs it", who)
			}
		}
	}
	return failed, nil
}

// operationForm is the form of a line of apk's work, in a simulation and in earnest:
//
//	(1/3) Installing NAME (NEW)
//	(2/3) Upgrading NAME (OLD -> NEW)     also Downgrading, Replacing
//	(3/3) Purging NAME (OLD)              also Reinstalling
//
// apk 3 pads the number. NAME may have a tag behind it.
const operationForm = `^\( *\d+/\d+\) (Installing|Upgrading|Downgrading|Replacing|Purging|Reinstalling) ([^\s@(]+)(?:@\S+)? \((\S+?)(?: -> (\S+))?\)$`

// parseOperation parses such a line. "Updating pinning" is no change of a package,
// and "[APK unavailable, skipped] Reinstalling" none at all.
func parseOperation(line string) (op packages.Operation, ok bool) {
	if !strings.HasPrefix(line, "(") {
		return op, false
	}
	f := regexp.MustCompile(operationForm).FindStringSubmatch(strings.TrimRight(line, " \r\n"))
	if f == nil {
		return op, false
	}
	op = packages.Operation{Name: f[2], Old: f[3], New: f[4]}
	switch f[1] {
	case "Installing":
		op.Old, op.New = "", f[3]
	case "Purging":
		op.New = ""
	case "Reinstalling":
		op.New = op.Old
	}
	return op, true
}

// parseOperations reads an answer. One without its last line was cut off, and one with a
// line of work in another form is of an apk that is not known: neither means that nothing
// happens.
func parseOperations(r tool.Result) ([]packages.Operation, error) {
	var list []packages.Operation
	whole := false
	work, other := regexp.MustCompile(`^\( *\d+/\d+\) `), regexp.MustCompile(`^\( *\d+/\d+\) (?:\[APK unavailable, skipped\] Reinstalling|Updating pinning) `)
	last := regexp.MustCompile(`^(?:OK:|\d+ errors?;) `)
	for line := range strings.Lines(r.Stdout + "\n" + r.Stderr) {
		op, ok := parseOperation(line)
		switch {
		case ok:
			list = append(list, op)
		case work.MatchString(line) && !other.MatchString(line):
			return nil, fmt.Errorf("apk answers in an unknown form: %.80q", line)
		case last.MatchString(line):
			whole = true
		}
	}
	if !whole {
		return nil, fmt.Errorf("apk's answer has no end: %w", failure(r))
	}
	return list, nil
}

// mergeOperations joins the operations of two calls; for one package, the later call counts.
func mergeOperations(first, later []packages.Operation) []packages.Operation {
	first = slices.DeleteFunc(first, func(a packages.Operation) bool {
		return slices.ContainsFunc(later, func(b packages.Operation) bool { return a.Name == b.Name })
	})
	return append(first, later...)
}
