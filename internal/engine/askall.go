package engine

import (
	"context"
	"errors"
	"time"

	"converge/internal/event"
	"converge/internal/resource"
)

// AskAll asks the selected probes of a site. It changes nothing and keeps no record.
func AskAll(ctx context.Context, o Options) Result {
	s := newSite(o)
	out := newReporter(o)
	s.order, _ = s.Graph.Order()
	answers := askSeveral(ctx, s)
	for _, a := range answers {
		got := <-a.got
		if ctx.Err() != nil {
			break
		}
		res := s.Resources[a.i]
		out.counts.Resources++
		if got.err != nil && res.Audit {
			out.counts.Audited++
			out.emit(res, event.Event{Type: event.Audited, Action: string(resource.Run), Audit: true, Notes: []string{out.oneLine(got.err)}})
			continue
		}
		if got.err != nil {
			out.counts.Failed++
			out.emit(res, event.Event{Type: event.Failed, Error: out.Scrub(got.err.Error())})
			continue
		}
		out.counts.Checked += one(!got.void)
		out.emit(res, event.Event{Type: event.Checked, Message: res.Kind.Probe(res.Want), Elapsed: got.took, Void: got.void, Notes: got.notes})
	}
	r := Result{Counts: out.counts}
	switch {
	case ctx.Err() != nil:
		r.Exit = 130
	case r.Counts.Failed > 0:
		r.Exit = 3
	}
	out.Events.Emit(event.Event{Type: event.RunFinished, Time: out.Now().Wall, Mode: "check", Counts: &r.Counts, Exit: r.Exit, Partial: s.Targets != nil})
	return r
}

// asked is a probe that is being asked.
type asked struct {
	i   int
	got chan answer
}

type answer struct {
	err   error
	void  bool // it was skipped
	notes []string
	took  time.Duration
}

// mostAsked is how many probes are asked at a time.
const mostAsked = 8

// askSeveral asks the probes concurrently, and returns them in graph order.
func askSeveral(ctx context.Context, s *site) []asked {
	var all []asked
	turn := make(chan struct{}, mostAsked)
	for _, i := range s.order {
		if !s.isProbe(i) || s.Resources[i].Off || s.Targets != nil && !s.Targets[i] {
			continue
		}
		a := asked{i, make(chan answer, 1)}
		all = append(all, a)
		go func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			a.got <- askOne(ctx, s.Resources[i])
		}()
	}
	return all
}

// askOne asks one probe.
func askOne(ctx context.Context, res *resource.Resource) answer {
	verb := res.Kind.Verbs[0]
	needless := review(ctx, res, changeOf(res, resource.Run), resource.Outlook{Ask: resource.AskAction, Verb: verb})
	if needless.Satisfied {
		return answer{void: true, notes: needless.Notes}
	}
	a, ok := res.Provider().(resource.Actor)
	if !ok {
		return answer{err: errors.New("it cannot be asked")}
	}
	started := time.Now()
	err := a.Act(ctx, res.Want, verb)
	return answer{err: err, took: time.Since(started)}
}
