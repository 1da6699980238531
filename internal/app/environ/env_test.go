package environ

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"converge/internal/app/exit"
)

func TestColorIsForTerminals(t *testing.T) {
	var out bytes.Buffer
	for _, tt := range []struct {
		color string
		env   []string
		want  bool
	}{
		{"auto", nil, false}, // not a terminal
		{"always", []string{"NO_COLOR=1"}, true},
		{"never", nil, false},
	} {
		env := &Env{Color: tt.color, Vars: tt.env}
		if got := env.IsColored(&out); got != tt.want {
			t.Errorf("--color %s, %v: %v, want %v", tt.color, tt.env, got, tt.want)
		}
	}
}

// A terminal without a name, or a dumb one, has no colours.
func TestColorsOfTerminals(t *testing.T) {
	for vars, want := range map[string]bool{
		"TERM=xterm": true, "TERM=dumb": false, "TERM=": false, "HOME=/root": false, "TERM=xterm NO_COLOR=1": false,
	} {
		if env := (&Env{Vars: strings.Fields(vars)}); env.knowsColors() != want {
			t.Errorf("%s: %v, want %v", vars, !want, want)
		}
	}
}

func TestReport(t *testing.T) {
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		ctx  context.Context
		err  error
		want int
		says string
	}{
		{context.Background(), nil, 0, ""},
		{context.Background(), errors.New("cannot do it"), 1, "Error: cannot do it\n"},
		{context.Background(), exit.Silently(3), 3, ""},
		{context.Background(), exit.With(4, errors.New("locked"), "wait"), 4, "Error: locked\nHint: wait\n"},
		{stopped, context.Canceled, 130, "Error: interrupted; nothing was changed\n"},
		{stopped, errors.New("cannot"), 1, "Error: cannot\n"},
	} {
		var out bytes.Buffer
		env := &Env{Err: &out}
		if got := env.Report(tt.ctx, tt.err); got != tt.want || out.String() != tt.says {
			t.Errorf("%v: status %d, said %q; want %d, %q", tt.err, got, out.String(), tt.want, tt.says)
		}
	}
}

func TestCommandLineHidesValues(t *testing.T) {
	got := (&Env{Args: strings.Fields("apply --var a=secret --var=b=secret --json --var c=x=y https://u:secret@h/s.tgz?token=secret")}).CommandLine()
	want := strings.Fields("apply --var a=… --var=b=… --json --var c=… https://h/s.tgz")
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
