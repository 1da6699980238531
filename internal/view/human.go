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
	undone   string // the run that is taken back
	stays    bool   // something that it made stays, with a word why
	planDone bool   // the forecast is over: what comes now is being done
	started  time.Time
	progress progress
	shown    map[string][sha256.Size]byte // changes of the plan that stands above an apply, by resource

	// removes lists every path that a change removes besides its own.
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

// Package view shows a run. It writes everything that a person reads about a
// run with [Human], and everything that a program reads with [JSON]. Both are
// sinks of one stream of events, so neither knows more than the other.
//
// Start with [NewHuman]. The rules for wording are at the top of words.go. Text
// that must not reach a terminal unchanged (a file's content, a command's
// output) goes through safe.go, and there is no other way out of this package.
//
// It makes no decisions: the command finds out whether the output is a terminal,
// how wide it is and whether it takes colour, and passes that in.
//
// # The JSON stream
//
// With --json, standard output holds one JSON object a line, and nothing else;
// --json-log FILE writes the same lines to a file. Each is an [event.Event].
// The first is of type run_started and carries "version", the version of this
// format. Within one version fields and types are only ever added: a reader
// ignores those that it does not know. A field that is absent is empty, zero or
// false. Times are RFC 3339, durations integers of nanoseconds ("elapsed_ns"),
// addresses strings as the manifest writes them.
//
//	type           meaning, and its fields
//	run_started    version, mode ("plan", "apply" or "rollback"), run, total: resources declared
//	undoes         run: the one that a rollback takes back; message: its command;
//	               total: resources of the rollback
//	waiting        message: what for, and the holder of it
//	recovered      run: an earlier run that was killed; message: what was cleared
//	planned        resource, kind, place, action, changes, notes; tentative, and
//	               causes: what it was observed before; removes: the paths of all
//	               that is removed besides. Sent for action "none" too
//	forecast       resource, action, changes: what the package manager does beyond
//	               what was asked
//	orphaned       resource, action "delete" if it will be removed, notes; message: its
//	               path or name
//	owes           resource, verb, when, causes; run, if an earlier run owes it
//	plan_finished  counts
//	started        resource, or total if several at once; message
//	progress       resource, message: about work in hand
//	applied        resource, action, changes, removes, elapsed_ns: made, and seen to be made
//	restored       resource, action, changes: an earlier step of the run had altered
//	               it, and it is as declared again; a plan has no such line
//	failed         resource, place, error
//	skipped        resource, causes: the failed resources that it depends on
//	notified       resource, verb, causes; void if events had overtaken it
//	held           resource, verb, causes, error: still owed, and why
//	dropped        resource, verb, causes, run, error: was owed, and why nothing can
//	               deliver it; in a plan, that the next run drops it
//	warning        message
//	run_finished   counts, exit, elapsed_ns; proved: an immediate plan is empty, or would
//	               be so but for what "recurring" lists (proved is absent then);
//	               partial: of the chosen resources only; altered: files that the
//	               manifest was evaluated from and that changed, so nothing is proved
//
// What a run finds altered again when it observes everything at its end is
// corrected in a second pass, whose events have pass: 2.
//
// An action is one of none, create, update, delete, run. An element of changes
// has name, before and after (JSON values; absent: none), or secret: true and
// neither. The before and after of a file's content are objects of digest
// (SHA-256, hex) and size (bytes); diff is the difference as unified text, if
// it is text of at most 1 MiB.
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
