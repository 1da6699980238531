package engine

import (
	"errors"
	"strings"
	"time"

	"converge/internal/event"
	"converge/internal/resource"
)

// reporter sends the events of a run and counts their resources. It removes the site's sensitive strings from them.
type reporter struct {
	Events event.Sink
	Now    func() resource.Instant
	Scrub  func(string) string
	Run    string // id of this run

	counts event.Counts
	second bool // the second pass is running

	held heldEvents // see hold

	told map[string]string // lines of an error below its first → the resource that reported them first
}

func newReporter(o Options) *reporter {
	r := &reporter{Events: o.Events, Now: o.Now, Scrub: o.Scrub, Run: o.Run}
	if r.Scrub == nil {
		r.Scrub = func(msg string) string { return msg }
	}
	if r.Events == nil {
		r.Events = event.Discard{}
	}
	if r.Now == nil {
		r.Now = func() resource.Instant { return resource.Instant{Wall: time.Now()} }
	}
	return r
}

// hold keeps events back until the returned function is called.
func (r *reporter) hold() (release func()) {
	sink, held := r.Events, &r.held
	r.Events = held
	return func() {
		r.Events = sink
		for i, e := range held.events {
			e.More = i < len(held.events)-1
			sink.Emit(e)
		}
		clear(held.events) // so that what they reference can be freed
		held.events = held.events[:0]
	}
}

// heldEvents are events that are kept back.
type heldEvents struct{ events []event.Event }

// Emit implements [event.Sink].
func (h *heldEvents) Emit(e event.Event) { h.events = append(h.events, e) }

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// failRun reports a failure of the run that no resource has caused.
func (r *reporter) failRun(err error) {
	r.counts.Failed++
	r.Events.Emit(event.Event{Type: event.Failed, Time: r.Now().Wall, Error: r.Scrub(err.Error())})
}

func (r *reporter) emitDropped(d dropped) {
	r.counts.Dropped++
	r.emitOf(d.Target, event.Event{
		Type: event.Dropped, Verb: d.Verb, Causes: causes(d.Entry), Error: r.Scrub(d.why), Run: d.Debts[0].Run, Void: d.why == whyTakenBack,
	})
}

func (r *reporter) warn(msg string) {
	r.Events.Emit(event.Event{Type: event.Warning, Time: r.Now().Wall, Message: r.Scrub(msg)})
}

// emit completes an event about a resource and sends it.
func (r *reporter) emit(res *resource.Resource, e event.Event) {
	e.Place = res.Place()
	if r.second {
		e.Pass = 2
	}
	r.emitOf(res.Addr, e)
}

// emitOf sends an event about a thing that may not be a resource of the run.
func (r *reporter) emitOf(a resource.Addr, e event.Event) {
	e.Time, e.Resource, e.Kind = r.Now().Wall, a.String(), a.Kind
	if e.Type == event.Failed {
		e.Error, e.As = r.tellOnce(e.Resource, e.Error)
	}
	r.Events.Emit(e)
}

// tellOnce shortens an error to its first line if another resource has failed with the same further lines, and returns
// that resource: one check judges all parts of a file, and one transaction all packages.
func (r *reporter) tellOnce(name, err string) (short, as string) {
	first, rest, _ := strings.Cut(err, "\n")
	if rest = strings.TrimSpace(rest); rest == "" {
		return err, ""
	}
	if as, told := r.told[rest]; told && as != name {
		return first, as
	}
	if r.told == nil {
		r.told = map[string]string{}
	}
	r.told[rest] = name
	return err, ""
}

// emitChange sends an event about a change of a resource. removes are the paths that it removes in addition to its own
// thing.
func (r *reporter) emitChange(res *resource.Resource, t event.Type, c resource.Change, removes []string, took time.Duration) {
	r.emit(res, event.Event{Type: t, Action: string(c.Action), Changes: event.Attrs(c), Notes: c.Notes, Elapsed: took, Removes: removes})
}

func (r *reporter) emitProgress(res *resource.Resource, verb string) {
	r.emitOf(res.Addr, event.Event{Type: event.Progress, Verb: verb, Message: verb})
}

func (r *reporter) count(a resource.Action) {
	switch a {
	case resource.Create:
		r.counts.Create++
	case resource.Update:
		r.counts.Update++
	case resource.Delete:
		r.counts.Delete++
	case resource.Run:
		r.counts.Run++
	case resource.None:
	}
}

// scrubError is err with the site's secrets struck out; nil stays nil.
func (r *reporter) scrubError(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(r.Scrub(err.Error()))
}

// oneLine is an error's message on one line, as notes are, without the site's sensitive strings.
func (r *reporter) oneLine(err error) string {
	var b strings.Builder
	for line := range strings.Lines(r.Scrub(err.Error())) {
		line = strings.TrimSpace(line)
		if so := b.String(); line != "" && strings.HasSuffix(so, ":") {
			b.WriteString(" ")
		} else if line != "" && so != "" {
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	return b.String()
}
