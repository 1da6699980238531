package past

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/journal"
)

// FindRun returns the run that a name on the command line matches, from runs, which are sorted newest first. The error
// about an unknown name proposes runs.
func FindRun(runs []journal.RunSummary, name string) (journal.RunSummary, error) {
	found, err := journal.Find(runs, name)
	if err == nil {
		return found, nil
	}
	return found, HintRuns(err, runs, name)
}

// HintRuns completes the error about a name that matches no run, or several.
func HintRuns(err error, runs []journal.RunSummary, name string) error {
	hints := []string{"converge history lists the runs that are kept; another was forgotten, or never was"}
	if similar := listSimilar(runs, name); len(similar) > 0 {
		hints = append([]string{"did you mean " + strings.Join(similar, ", or ") + "?"}, hints...)
	}
	return exit.With(exit.Failure, err, hints...)
}

// maxSimilar is the number of runs that are proposed for a name.
const maxSimilar = 3

// listSimilar describes the runs whose names share the longest beginning with a name, the newest first among equals.
// It omits runs that share nothing.
func listSimilar(runs []journal.RunSummary, name string) []string {
	near := slices.DeleteFunc(slices.Clone(runs), func(r journal.RunSummary) bool { return countCommon(r.ID, name) == 0 })
	slices.SortStableFunc(near, func(a, b journal.RunSummary) int {
		return cmp.Compare(countCommon(b.ID, name), countCommon(a.ID, name))
	})
	var out []string
	for _, r := range near[:min(len(near), maxSimilar)] {
		out = append(out, fmt.Sprintf("%s (%s)", r.ID, JoinCommandLine(r.Info)))
	}
	return out
}

// countCommon returns the length in bytes of two texts' common beginning.
func countCommon(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
