package tool

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRefusal(t *testing.T) {
	r := Refusal{Says: []string{"error: locked"}, Does: []string{"installing "}}
	for _, c := range []struct {
		name string
		res  Result
		want bool
	}{
		{"refused", Result{Status: 1, Stdout: "loading\nerror: locked\n"}, true},
		{"refused, on the other stream", Result{Status: 1, Stderr: "error: locked by 7"}, true},
		{"in a script of a transaction that succeeded", Result{Stdout: "installing a\nerror: locked\n"}, false},
		{"in a script of a transaction that failed", Result{Status: 1, Stdout: "installing a\nerror: locked\nerror: disk full\n"}, false},
		{"before a line of work that came on the other stream", Result{Status: 1, Stdout: "installing a\n", Stderr: "error: locked\n"}, false},
		{"not the program's own line", Result{Status: 1, Stdout: "a: error: locked\n"}, false},
		{"another error", Result{Status: 1, Stdout: "error: disk full\n"}, false},
		{"behind a carriage return", Result{Status: 1, Stdout: "loading\rerror: locked\n"}, true},
	} {
		if got := r.IsOf(c.res); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// results are what a program ends with, one time after the other.
type results struct {
	list []Result
	then func()
	runs int
}

func (r *results) Run(context.Context, Command) (Result, error) {
	res := r.list[min(r.runs, len(r.list)-1)]
	r.runs++
	if r.then != nil {
		r.then()
	}
	return res, nil
}

func TestRunLocked(t *testing.T) {
	lost := func(res Result) bool { return res.Stdout == "locked" }
	locked := Result{Status: 1, Stdout: "locked"}
	for _, c := range []struct {
		name     string
		list     []Result
		patience time.Duration
		runs     int
	}{
		{"another program was faster", []Result{locked, locked, {Stdout: "done"}}, time.Hour, 3},
		{"a success that says so", []Result{{Stdout: "locked"}}, time.Hour, 1},
		{"another failure", []Result{{Status: 1, Stdout: "disk full"}}, time.Hour, 1},
		{"no patience", []Result{locked}, -1, 1},
	} {
		r := &results{list: c.list}
		h := &Host{Runner: r, Patience: c.patience, waiting: func(string) {}}
		res, err := h.RunLocked(t.Context(), nil, lost, Command{Argv: []string{"x"}})
		if err != nil || r.runs != c.runs || res != c.list[len(c.list)-1] {
			t.Errorf("%s: %d runs, %+v %v", c.name, r.runs, res, err)
		}
	}
	t.Run("the context ends the pause", func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		r := &results{list: []Result{locked}, then: func() { cancel(cause) }}
		h := &Host{Runner: r, Patience: time.Hour, waiting: func(string) {}}
		if _, err := h.RunLocked(ctx, nil, lost, Command{Argv: []string{"x"}}); !errors.Is(err, cause) || r.runs != 1 {
			t.Errorf("%d runs, %v", r.runs, err)
		}
	})
}
