package view

import (
	"slices"
	"strings"
	"time"

	"converge/internal/event"
)

// noticeable is the duration from which an elapsed time is shown.
const noticeable = time.Second

// applyWriter shows the steps that are made, and those that are not, with the reason.
type applyWriter struct {
	*changeWriter
	told map[string]bool   // lines of errors that were shown, by resource
	why  map[string]string // the first line of the error of a resource
}

func (h *applyWriter) writeApplied(e event.Event) {
	if e.Action == "none" {
		if h.opt.Verbose {
			h.writeHeader(e, "")
		}
		return
	}
	tail := h.describeBriefly(e)
	brief := tail != ""
	if h.wasShown(e) { // the plan above shows it
		tail, brief = "", true
	}
	if e.Elapsed >= noticeable {
		tail += h.paint(dim, " ("+elapsed(e.Elapsed)+")")
	}
	h.writeHeader(e, tail)
	if !brief {
		h.writeAttrs(e)
	}
	h.writeNotes(e)
}

// writeForgotten shows that a resource's key has left the ledger, or has come back.
func (h *applyWriter) writeForgotten(e event.Event, how string) {
	h.shownAny = true
	symbol, st := look("none")
	h.writeLine(h.paint(st, symbol+" "), h.paint(bold, safe(e.Message)), h.paint(dim, how))
}

// writeAudited shows the drift of a resource that is only audited, unless the plan above has shown the same.
func (h *applyWriter) writeAudited(e event.Event) {
	if !h.wasShown(e) {
		h.writeChange(e)
	}
}

// writeRestored shows a resource that was only restored: the plan has no line for it, because it was as declared at the
// start of the run, or became so earlier in the run.
func (h *applyWriter) writeRestored(e event.Event) {
	h.shownAny = true
	names := make([]string, len(e.Changes))
	for i, a := range e.Changes {
		names[i] = a.Name
	}
	what := ""
	if len(names) > 0 {
		what = " (" + safe(some(names, 3)) + ")"
	}
	symbol, st := look("none")
	did, why := " made as declared again", ""
	if e.Action == "run" {
		symbol, st = look(e.Action)
		did, why, what = " run", ", since what was changed before asks for it", ""
	}
	if e.Pass > 1 {
		did += " in a second pass"
	}
	h.writeLine(h.paint(st, symbol+" "), h.paint(bold, safe(e.Resource)), did, why, what)
	h.writeRemoved(e)
}

// writeFault shows a step that failed, or was skipped because of one.
func (h *applyWriter) writeFault(e event.Event) {
	if e.Type == event.Skipped {
		h.writeSkipped(e)
	} else {
		h.writeFailed(e)
	}
}

func (h *applyWriter) writeFailed(e event.Event) {
	h.shownAny = true
	if e.Root && !h.opt.Verbose {
		return // the end sums up everything that needs root
	}
	where := ""
	if e.Place != "" {
		where = h.paint(dim, "  # "+safe(e.Place))
	}
	name := e.Resource
	if name == "" { // no resource caused it
		name = "the end of the run"
	}
	how := " failed"
	if h.isKnown(e) {
		how = " failed as " + safe(e.As) + " did"
	}
	h.writeLine(h.paint(red, "! "), h.paint(bold, safe(name)), h.paint(red, how), where)
	if !h.isKnown(e) {
		h.noteWhy(e)
		h.writeError(e)
	}
	h.writeNotes(e)
}

// isKnown reports whether another resource has shown the same error already.
func (h *applyWriter) isKnown(e event.Event) bool {
	why, shown := h.why[e.As]
	return e.As != "" && shown && why == e.Error
}

func (h *applyWriter) noteWhy(e event.Event) {
	if h.why == nil {
		h.why = map[string]string{}
	}
	h.why[e.Resource], _, _ = strings.Cut(e.Error, "\n")
}

// writeError shows an error, without the lines that a failed action of the same resource has shown: the journal of the
// service that is down because of it.
func (h *applyWriter) writeError(e event.Event) {
	key := func(line string) string { return e.Resource + "\x00" + strings.TrimSpace(line) }
	all := strings.Split(strings.TrimRight(e.Error, "\n"), "\n")
	lines := slices.DeleteFunc(slices.Clone(all), func(l string) bool { return h.told[key(l)] })
	if e.As != "" {
		lines = append(lines, "(the rest is at "+e.As+")")
	} else if len(lines) < len(all) {
		lines = append(lines, "(the rest is above)")
	}
	h.writeBlock(4, plain, strings.Join(lines, "\n"))
	if !e.Tried {
		return
	}
	if h.told == nil {
		h.told = map[string]bool{}
	}
	for _, l := range all {
		h.told[key(l)] = true
	}
}

func (h *applyWriter) writeSkipped(e event.Event) {
	h.shownAny = true
	why := "."
	if len(e.Causes) > 0 {
		why = ": it comes after " + safe(some(e.Causes, 3))
	}
	h.writeLine(h.paint(yellow, "! "), h.paint(bold, safe(e.Resource)), h.paint(yellow, " skipped"), why)
}

func (h *applyWriter) writeNotified(e event.Event) {
	h.shownAny = true
	tail := causes(e.Causes)
	if e.Void {
		tail += h.paint(dim, ", no longer needed")
	}
	if e.Elapsed >= noticeable {
		tail += h.paint(dim, " ("+elapsed(e.Elapsed)+")")
	}
	h.writeLine(h.paint(purple, "* "), h.paint(bold, safe(e.Resource)), " ", safe(e.Verb), tail)
	h.writeNotes(e)
}

func (h *applyWriter) writeHeld(e event.Event) {
	h.shownAny = true
	how := "" // the notification was not sent
	if e.Tried {
		how = ": tried, and failed"
	}
	h.writeLine(h.paint(yellow, "! "), h.paint(bold, safe(e.Resource)), " ", safe(e.Verb), h.paint(yellow, " held"), causes(e.Causes), how)
	h.writeError(e)
	if len(e.Notes) > 0 {
		h.writeNotes(e)
		return
	}
	h.writeBlock(4, dim, "It stays owed; the next run delivers it.")
}

// writeDropped reports a debt that can no longer be delivered.
func (h *applyWriter) writeDropped(e event.Event) {
	h.shownAny = true
	h.writeLine(h.paint(yellow, "- "), h.paint(bold, safe(e.Resource)), " ", safe(e.Verb), h.paint(yellow, " dropped"), causes(e.Causes))
	reason := ", and nothing can deliver it: "
	if e.Void {
		reason = ", and nothing needs it any more: "
	}
	h.writeBlock(4, plain, "It was owed since run "+e.Run+reason+e.Error)
}

// writeEnding shows that a reboot follows the run.
func (h *applyWriter) writeEnding(e event.Event) {
	h.shownAny = true
	h.writeLine(h.paint(yellow, "! "), h.paint(bold, safe(e.Resource)), "  ", safe(because(e.Causes, endsWords(e))))
}

// writeQueued shows a job that the run does not wait for.
func (h *applyWriter) writeQueued(e event.Event) {
	h.shownAny = true
	h.writeLine(h.paint(yellow, "* "), h.paint(bold, safe(e.Resource)), " "+safe(e.Verb)+" is queued: it waits for "+safe(some(e.Causes, 3))+
		", in which this run goes on.")
}
