package view

import (
	"io"
	"strings"
	"sync"
	"time"

	"converge/internal/event"
)

// Options describe the output.
type Options struct {
	Color    bool
	Width    int  // cells; 0: do not fold lines
	Summary  bool // of a plan: count the changes by module and kind instead of showing them
	Verbose  bool // also show unchanged resources, whole diffs, and places
	Terminal bool // a progress line may be drawn and erased again
	ShowPlan bool // in an apply: show its plan first, for confirmation

	Now func() time.Time // nil: time.Now
}

// fullBuffer is how many bytes of a plan, or of changes made together, are written at once. No reader waits for a part
// of it: the end follows when everything is known.
const fullBuffer = 32 << 10

// Human writes events for people.
type Human struct {
	mu       sync.Mutex // the progress line is drawn by another goroutine
	out      *output
	change   *changeWriter
	plan     *planWriter
	apply    *applyWriter
	summary  *summaryWriter
	progress *progress
	planDone bool // the forecast is complete: the following events are of the apply

	untold []event.Event // events of the plan that are shown at their place
}

// NewHuman returns a sink that writes to w. Close it when the run is over.
func NewHuman(w io.Writer, opt Options) *Human {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	h := &Human{out: &output{w: w}, change: &changeWriter{screen: &screen{opt: opt}}}
	h.plan = &planWriter{changeWriter: h.change}
	h.apply = &applyWriter{changeWriter: h.change}
	h.summary = &summaryWriter{changeWriter: h.change}
	h.progress = &progress{mu: &h.mu, out: h.out, screen: &screen{opt: opt}}
	return h
}

// Emit implements [event.Sink].
func (h *Human) Emit(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.render(e)
	waits := e.More || h.plan.flat && e.Type == event.Planned
	if n := h.change.buf.Len(); n > 0 && (!waits || n >= fullBuffer) {
		h.progress.erase()
		h.change.flush(h.out)
	}
	h.progress.follow(e)
}

// Close erases the progress line and stops drawing it.
func (h *Human) Close() {
	h.mu.Lock()
	if h.plan.release(h.apply.writeFault); h.change.buf.Len() > 0 { // the plan was not finished
		h.progress.erase()
		h.change.flush(h.out)
	}
	h.progress.erase()
	done := h.progress.stop()
	h.mu.Unlock()
	if done != nil {
		<-done
	}
}

// Err returns the first write error; the run continued despite it.
func (h *Human) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.err
}

func (h *Human) render(e event.Event) {
	switch e.Type {
	case event.RunStarted:
		h.change.mode, h.summary.started, h.planDone, h.untold, h.summary.outputs = e.Mode, e.Time, false, nil, nil
		h.plan.flat = e.Flat && !h.change.opt.Summary
		h.summary.startRun()
	case event.Undoes:
		h.summary.startUndo(e)
	case event.Waiting:
		h.change.writeLine(h.change.paint(yellow, "Waiting: "), safe(e.Message))
	case event.Recovered:
		h.change.writeText(yellow, "Recovered: ", "run "+e.Run+" was killed; "+e.Message)
	case event.Warning:
		h.change.writeText(yellow, "Warning: ", e.Message)
	case event.PlanFinished:
		h.planDone, h.untold = true, nil
		h.plan.release(h.apply.writeFault)
		h.plan.writeSections()
		h.summary.finishPlan(e)
		h.summary.faults = faults{} // the run reports them again
	case event.RunFinished:
		h.plan.release(h.apply.writeFault)
		h.tellUntold()
		h.summary.finishRun(e)
	case event.Output:
		h.summary.outputs = append(h.summary.outputs, e)
	case event.Planned:
		h.summary.notePlanned(e)
		h.plan.addPlanned(e)
	case event.Forecast:
		h.plan.also = append(h.plan.also, e)
	case event.Orphaned, event.Undeclared:
		h.plan.orphans = append(h.plan.orphans, e)
		h.summary.noteKept(e)
	case event.Owes:
		h.plan.addOwed(e)
	case event.Checks:
		h.plan.addCheck(e)
	default:
		h.renderApply(e)
	}
}

func (h *Human) renderApply(e event.Event) {
	if e.Type != event.Failed && e.Type != event.Skipped && e.Type != event.Started && e.Type != event.Progress && e.Type != event.Dropped {
		h.plan.release(h.apply.writeFault) // the plan is over
	}
	h.summary.faults.note(e)
	switch e.Type {
	case event.Forgotten:
		if e.Void {
			h.change.writeText(dim, "Note: ", strings.Join(append([]string{"nothing is forgotten for " + e.Message + ": converge keeps no record of it."}, e.Notes...), " "))
			return
		}
		how := " is forgotten: it stays on the host"
		if len(e.Causes) > 0 {
			how = " is forgotten, and is removed with what " + e.Causes[0] + " purges"
		}
		h.apply.writeForgotten(e, how)
	case event.Recalled:
		h.apply.writeForgotten(e, " is not forgotten any more")
	case event.Audited:
		h.apply.writeAudited(e)
	case event.Restored:
		h.apply.writeRestored(e)
	case event.Applied:
		h.apply.writeApplied(e)
	case event.Failed, event.Skipped:
		if h.planDone || h.plan.flat && h.change.showsPlan() {
			h.apply.writeFault(e)
		} else if h.change.showsPlan() {
			h.plan.hold(e)
		} else {
			h.untold = append(h.untold, e)
		}
	case event.Notified:
		h.apply.writeNotified(e)
	case event.Checked:
		h.apply.writeChecked(e)
	case event.Held:
		h.apply.writeHeld(e)
	case event.Queued:
		h.apply.writeQueued(e)
	case event.Ending:
		h.apply.writeEnding(e)
	case event.Dropped:
		if h.planDone {
			h.apply.writeDropped(e)
		} else { // otherwise the plan lists it with the debts
			h.plan.drops = append(h.plan.drops, e)
		}
	}
}

// tellUntold shows the remaining events of a plan, if the run ends with it.
func (h *Human) tellUntold() {
	for _, e := range h.untold {
		h.apply.writeFault(e)
	}
	h.untold = nil
}
