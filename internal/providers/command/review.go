package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer]. As a follower it is also asked about changes of other kinds, whose wants are
// not commands.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch o.Ask {
	case resource.AskForecast, resource.AskAction:
		want := resource.Must[resources.ExecWant](c.Want)
		switch {
		case c.Empty():
		case p.guards.idle:
			r.Notes = notesOfUnasked(&want, o.Ask)
		case o.Pending == resource.NothingPending:
			r.Blocked = p.checkStart(ctx, &want)
		case o.Ask == resource.AskForecast:
			r.Notes = p.listMissing(ctx, &want)
		}
		if why := p.triggers.describe(&want); o.Ask == resource.AskForecast && !c.Empty() && why != "" {
			r.Notes = append(r.Notes, why)
		}
		r.Satisfied = len(o.Owed) > 0 && p.ranSinceAll(&want, o.Owed)
	case resource.AskDifference:
		want := resource.Must[resources.ExecWant](c.Want)
		r.Difference = explainGuards(c, &want)
	}
	return r
}

// notesOfUnasked are the notes of a command whose guards are commands and were not run.
func notesOfUnasked(want *resources.ExecWant, ask resource.Question) (notes []string) {
	for _, g := range []struct {
		name  string
		guard cty.Value
	}{{"only_if", want.OnlyIf}, {"unless", want.Unless}} {
		if argv, _ := resources.GuardArgv(g.guard); argv != nil && ask == resource.AskForecast {
			notes = append(notes, g.name+" was not asked: "+process.ErrForbidden.Error())
		}
	}
	return notes
}

// checkStart explains why a command cannot be started, which can be seen before.
func (p *Provider) checkStart(ctx context.Context, want *resources.ExecWant) error {
	e, err := newEnvironment(ctx, p.fs, p.users, want)
	if err != nil {
		return err
	}
	argv, _ := want.Argv()
	_, err = e.findProgram(argv[0])
	return err
}

// listMissing names the missing programs of a command and its guards, if something before it may provide them.
func (p *Provider) listMissing(ctx context.Context, want *resources.ExecWant) (notes []string) {
	e, err := newEnvironment(ctx, p.fs, p.users, want)
	if err != nil {
		return nil // the user may be made before it
	}
	for _, words := range []cty.Value{want.Command, want.OnlyIf, want.Unless} {
		argv, _ := resources.GuardArgv(words)
		if len(argv) == 0 {
			continue
		}
		_, err := e.findProgram(argv[0])
		if note := fmt.Sprintf("%v yet: something that comes before it has to bring it", resource.Advise(err, "")); errors.Is(err, resource.ErrMissing) && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}

// ranSinceAll reports whether a command was started after all of some moments, and has succeeded: in this run, or as a
// survivor of a killed one.
func (p *Provider) ranSinceAll(want *resources.ExecWant, moments []resource.Instant) bool {
	ran, ok := p.history.find(want.Address)
	if !ok {
		s, survived := p.records.find(want)
		if !survived || s.runs || !p.records.didWell(s, want) {
			return false
		}
		ran = s.At
	}
	for _, since := range moments {
		if !isAfter(ran, since) {
			return false
		}
	}
	return true
}
