package past

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"converge/internal/app/exit"
	"converge/internal/journal"
)

// The error about a name that matches no run, or several, proposes the most similar runs.
func TestFindRunProposes(t *testing.T) {
	var runs []journal.RunSummary // newest first
	for _, id := range []string{"20261130T183906Z-2174", "20261130T183850Z-f3b1", "20261129T070000Z-aaaa", "20261101T000000Z-0419"} {
		runs = append(runs, journal.RunSummary{ID: id, Info: journal.RunInfo{Args: []string{"apply", id[6:8]}}})
	}
	list := "; converge history lists the runs that are kept; another was forgotten, or never was"
	for _, c := range []struct {
		name, want string // the id, or the error and its hints
		runs       []journal.RunSummary
	}{
		{"last", "20261130T183906Z-2174", runs},
		{"20261129", "20261129T070000Z-aaaa", runs},
		{"20261130", `2 runs begin with "20261130"; did you mean 20261130T183906Z-2174 (converge apply 30), or 20261130T183850Z-f3b1 (converge apply 30), or 20261129T070000Z-aaaa (converge apply 29)?` + list, runs},
		{"20261129T08", `there is no run "20261129T08"; did you mean 20261129T070000Z-aaaa (converge apply 29), or 20261130T183906Z-2174 (converge apply 30), or 20261130T183850Z-f3b1 (converge apply 30)?` + list, runs},
		{"x", `there is no run "x"` + list, runs},
		{"last", `there is no run "last"` + list, nil},
	} {
		r, err := FindRun(c.runs, c.name)
		got := r.ID
		var e *exit.Error
		if errors.As(err, &e) {
			got = fmt.Sprint(err, "; ", strings.Join(e.Hints, "; "))
		}
		if got != c.want {
			t.Errorf("%s: got %s\nwant %s", c.name, got, c.want)
		}
	}
}
