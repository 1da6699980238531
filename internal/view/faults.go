package view

import (
	"strconv"
	"strings"

	"converge/internal/event"
)

// mostFaults is how many faults a summary names.
const mostFaults = 20

// nearFaults is how many faults are not repeated, if nothing else was shown since the first.
const nearFaults = 5

// mostCause is how many cells of a cause are shown if lines are not folded.
const mostCause = 200

// faults are the failures of a run, for its summary: in a long run they have scrolled away.
type faults struct {
	seen  []event.Event
	root  []event.Event // those that need root
	other bool          // something else was shown since
}

// note records a shown event.
func (f *faults) note(e event.Event) {
	switch {
	case e.Type == event.Failed && e.Root:
		f.root = append(f.root, e)
	case e.Type == event.Failed || e.Type == event.Held:
		f.seen = append(f.seen, e)
	case e.Type != event.Skipped && e.Type != event.RunFinished && e.Type != event.Started && len(f.seen) > 0:
		f.other = true
	}
}

// writeUnprivileged names what has failed because converge does not run as root, once for all of it.
func (h *summaryWriter) writeUnprivileged() {
	all := h.faults.root
	if len(all) == 0 {
		return
	}
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Resource
	}
	what := names[0] + " needs root: " + firstLine(all[0])
	if len(all) > 1 {
		what = strconv.Itoa(len(all)) + " need root: " + some(names, 5) + "; the first: " + firstLine(all[0])
	}
	h.writeText(red, "! ", what)
	h.writeText(dim, "  ", "Run converge by sudo, or as root.")
}

// writeFaults lists the failed and the held resources, each with the first line of its cause.
func (h *summaryWriter) writeFaults() {
	if len(h.faults.seen) <= nearFaults && !h.faults.other {
		return
	}
	for i, e := range h.faults.seen {
		if i == mostFaults {
			h.writeLine("  ", h.paint(dim, "and "+strconv.Itoa(len(h.faults.seen)-mostFaults)+" more"))
			return
		}
		name, how := safe(e.Resource), ""
		if name == "" {
			name = "the end of the run"
		}
		if e.Type == event.Held {
			how = " " + safe(e.Verb) + " held"
		}
		room := h.cellsLeft(columns("  ! " + name + how + ": "))
		if room == 0 {
			room = mostCause
		}
		h.writeLine("  ! ", h.paint(bold, name), how, ": ", clip(firstLine(e), room))
	}
}

// firstLine returns the first line of an error that is not empty.
func firstLine(e event.Event) string {
	for line := range strings.SplitSeq(e.Error, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			return safe(line)
		}
	}
	return "not tried"
}
