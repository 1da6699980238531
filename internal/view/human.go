package view

import (
	"bytes"
	"crypto/sha256"
	"io"
	"sync"
	"time"

	"converge/internal/event"
)

// Options say what kind of output there is.
type Options struct {
	Color    bool
	Width    int  // cells; 0: do not fold lines
	Verbose  bool // show what is as declared too, whole diffs, and places
	Terminal bool // a progress line may be drawn and erased again
	ShowPlan bool // in an apply: show its plan first (it is about to be confirmed)

	Now func() time.Time // nil: time.Now
}

// Human writes events for people.
type Human struct {
	mu  sync.Mutex // the progress line is drawn from a goroutine of its own
	w   io.Writer
	err error
	buf bytes.Buffer
	opt Options

	mode     string
	undone   string          // the run that is taken back
	leaves   []string        // what it changed and is not brought back
	opaque   bool            // it ran commands, and what these did is not known
	told     map[string]bool // lines of errors that were shown, by resource
	stays    bool            // something that it made stays, with a word why
	planDone bool            // the forecast is over: what comes now is being done
	started  time.Time
	progress progress
	shown    map[string][sha256.Size]byte // changes of the plan that stands above an apply, by resource

	// Lines of a plan that are shown in sections at its end.
	also     []event.Event
	orphans  []event.Event
	owes     []event.Event
	drops    []event.Event
	maybe    []string // as declared now, and perhaps not after what comes before
	shownAny bool     // something was printed that a summary is set off from
}

// NewHuman returns a sink that writes to w. Close it when the run is over.
func NewHuman(w io.Writer, opt Options) *Human {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Human{w: w, opt: opt}
}

// Emit implements [event.Sink].
func (h *Human) Emit(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.render(e)
	if h.buf.Len() > 0 {
		h.erase()
		h.flush()
	}
	h.follow(e)
}

// Close erases the progress line and stops drawing it.
func (h *Human) Close() {
	h.mu.Lock()
	h.erase()
	done := h.stop()
	h.mu.Unlock()
	if done != nil {
		<-done
	}
}

// Err returns the first write error; the run went on despite it.
func (h *Human) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

func (h *Human) flush() {
	if _, err := h.w.Write(h.buf.Bytes()); err != nil && h.err == nil {
		h.err = err
	}
	h.buf.Reset()
}

// line writes the parts and ends the line.
func (h *Human) line(parts ...string) {
	for _, p := range parts {
		h.buf.WriteString(p)
	}
	h.buf.WriteByte('\n')
}

func (h *Human) render(e event.Event) {
	switch e.Type {
	case event.RunStarted:
		h.mode, h.started = e.Mode, e.Time
	case event.Undoes:
		h.undoes(e)
	case event.Waiting:
		h.line(h.paint(yellow, "Waiting: "), safe(e.Message))
	case event.Recovered:
		h.recovered(e)
	case event.Planned:
		h.stays = h.stays || h.undone != "" && e.Action == "none" && len(e.Notes) > 0
		h.planned(e)
	case event.Forecast:
		h.also = append(h.also, e)
	case event.Orphaned:
		h.orphans = append(h.orphans, e)
	case event.Owes:
		h.owes = append(h.owes, e)
	case event.PlanFinished:
		h.planDone = true
		h.planFinished(e)
	case event.Restored:
		h.restored(e)
	case event.Applied:
		h.applied(e)
	case event.Failed:
		if h.planDone || h.showsPlan() { // else it is told when its turn comes
			h.failed(e)
		}
	case event.Skipped:
		if h.planDone || h.showsPlan() {
			h.skipped(e)
		}
	case event.Notified:
		h.notified(e)
	case event.Held:
		h.held(e)
	case event.Queued:
		h.queued(e)
	case event.Dropped:
		h.dropped(e)
	case event.Warning:
		h.text(yellow, "Warning: ", e.Message)
	case event.RunFinished:
		h.runFinished(e)
	}
}

// showsPlan reports whether planned changes are printed as such, and not only
// when they are made.
func (h *Human) showsPlan() bool { return !h.applies() || h.opt.ShowPlan }

// applies reports whether the run changes anything, and is not only a plan.
func (h *Human) applies() bool { return h.mode == "apply" || h.mode == rollback }

const rollback = "rollback"
