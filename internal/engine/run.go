package engine

import (
	"context"
	"strings"
	"time"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// run is the state of one Plan or Apply.
type run struct {
	Options
	steps     []step
	order     []int
	at        map[resource.Addr]int
	also      []sideEffect
	forecasts map[resource.Provider]*resource.Expected
	purged    map[string]int // keys of paths that go with directories, and with which
	orphans   []orphanStep
	declared  int                 // how many of the resources the manifest declares: the first ones
	postponed []int               // orphans to be removed, and what ends with them
	orphanAt  map[int]*orphanStep // by their nodes
	queue     notify.Queue
	counts    event.Counts
	result    Result

	// generation counts the opaque changes made so far. What was observed in
	// an earlier generation may have been altered behind our back since.
	generation int
	effects    int          // made so far, well or badly
	second     bool         // the second pass is on
	blame      map[int]int  // skipped or failed step → the failed step at the root of it
	urgent     map[int]bool // targets to be told as soon as their own step is settled
	held       map[notify.Owner]bool
	queued     map[notify.Owner]bool    // owners whose action was handed over and will come after this run
	before     map[resource.Addr]string // verbs that went out ahead of a change that is not made yet
	delivered  []delivered              // actions of this run whose effect may not have lasted
	owing      owing
	stop       error                         // set: nothing more is started, and why
	readers    map[resource.Invalidator]bool // made when first needed
}

func newRun(o Options) *run {
	r := &run{
		Options: o, declared: len(o.Resources),
		blame: map[int]int{}, urgent: map[int]bool{}, before: map[resource.Addr]string{}, held: map[notify.Owner]bool{}, queued: map[notify.Owner]bool{}, orphanAt: map[int]*orphanStep{},
	}
	if r.Events == nil {
		r.Events = event.Discard{}
	}
	if r.Now == nil {
		r.Now = func() resource.Instant { return resource.Instant{Wall: time.Now()} }
	}
	return r
}

// scrub strikes the site's sensitive strings out of a message.
func (r *run) scrub(msg string) string {
	if r.Scrub == nil {
		return msg
	}
	return r.Scrub(msg)
}

// oneLine is an error's message on one line, as notes are, without the site's
// sensitive strings.
func (r *run) oneLine(err error) string {
	var b strings.Builder
	for line := range strings.Lines(r.scrub(err.Error())) {
		line = strings.TrimSpace(line)
		switch so := b.String(); {
		case line == "" || so == "":
		case strings.HasSuffix(so, ":"):
			b.WriteString(" ")
		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// noteEffect notes an effect of a provider and invalidates what every other one
// has read. because are the changes that were made; nil: anything may have
// changed, so nothing observed so far is certain.
func (r *run) noteEffect(by resource.Provider, because []resource.Change) {
	r.effects++
	if because == nil {
		r.generation++
	}
	r.invalidate(by, because)
}

// invalidate has every provider but one read the machine again.
func (r *run) invalidate(but resource.Provider, because []resource.Change) {
	if r.readers == nil {
		r.readers = map[resource.Invalidator]bool{}
		for _, res := range r.Resources {
			if p, ok := res.Provider().(resource.Invalidator); ok {
				r.readers[p] = true
			}
		}
		for _, p := range r.Machine.Followers {
			r.readers[p] = true
		}
	}
	for p := range r.readers {
		if any(p) != any(but) {
			p.Invalidate(because)
		}
	}
}

// interrupted notes that ctx has ended and reports whether nothing more may
// be started.
func (r *run) interrupted(ctx context.Context) bool {
	if r.stop == nil && ctx.Err() != nil {
		r.stop = ctx.Err()
	}
	return r.stop != nil
}

// rank is the strength of a verb among those of its target, -1 if that is not
// known.
func (r *run) rank(o notify.Owner, verb string) int {
	if i, ok := r.resourceOf(o); ok {
		return r.Resources[i].Kind.Rank(verb)
	}
	if res := r.owing.foreign[o]; res != nil {
		return res.Kind.Rank(verb)
	}
	return -1
}
