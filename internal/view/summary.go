package view

import (
	"time"

	"converge/internal/event"
)

// summaryWriter sums up a plan and a run in the lines at their ends.
type summaryWriter struct {
	*changeWriter
	started time.Time
	undone  string   // the run that is taken back
	leaves  []string // what it changed and is not brought back
	opaque  bool     // it ran commands, and what these did is not known
	stays   bool     // something that it made stays, with a word why
}

// finishPlan sums up a plan, or sets an apply off from its sections.
func (h *summaryWriter) finishPlan(e event.Event) {
	if !h.showsPlan() || e.Counts == nil {
		if h.shownAny { // set what follows off from the sections
			h.writeLine()
			h.shownAny = false
		}
		return
	}
	c := *e.Counts
	if c.Changed()+c.Also+c.Notified+c.Failed+c.Tolerated+c.Held+c.Dropped == 0 {
		if !h.applies() { // an apply says so when it has proved it
			h.writeClosing(green, h.describeNothing(c))
			h.writeSwitchedOff(c)
		}
		return
	}
	h.writeClosing(bold, planSentence(c))
	if !h.applies() {
		h.writeSwitchedOff(c)
	}
}

// writeSwitchedOff reports that switched off resources are neither changed nor removed.
func (h *summaryWriter) writeSwitchedOff(c event.Counts) {
	switch {
	case c.Off == 1:
		h.writeLine(h.paint(dim, "1 resource is switched off; what it made stays."))
	case c.Off > 1:
		h.writeLine(h.paint(dim, plural(c.Off, "resource")+" are switched off; what they made stays."))
	}
}

// finishRun sums up a run and tells what was proved.
func (h *summaryWriter) finishRun(e event.Event) {
	if h.mode == "plan" || e.Counts == nil {
		return
	}
	c := *e.Counts
	done, left := doneSentence(c), leftSentence(c)
	if done != "" {
		h.writeClosing(bold, done+" in "+elapsed(h.measureRun(e))+".")
	}
	if left != "" {
		h.writeClosing(red, left)
	}
	switch {
	case e.Exit == 130:
		h.writeClosing(yellow, "Interrupted between steps: the rest was not started.")
	case e.Exit == 1:
		h.writeClosing(red, "Stopped: nothing was changed.")
	case e.Exit != 0 && left == "":
		h.writeClosing(red, "Stopped: the rest was not started.")
	case done == "" && left == "":
		h.writeClosing(green, h.describeNothing(c))
	case left != "":
	default:
		h.writeProof(e)
	}
	h.writeSwitchedOff(c)
}

// writeProof tells what was proved, or what prevents a proof.
func (h *summaryWriter) writeProof(e event.Event) {
	switch {
	case e.Proved && h.undone != "":
		h.writeClosing(green, "Proved: what run "+safe(h.undone)+" changed is as it was before"+h.listExceptions()+".")
	case e.Proved && e.Partial:
		h.writeClosing(green, "Proved: an immediate plan of what was chosen is empty. Nothing is said of the rest.")
	case e.Proved:
		h.writeClosing(green, "Proved: an immediate plan is empty.")
	case e.Counts.Queued > 0:
		h.writeClosing(yellow, "Queued and not waited for: "+plural(e.Counts.Queued, "service")+". The next run, or converge status --wait, looks again.")
	case len(e.Altered) > 0:
		h.writeClosing(yellow, "Not proved: the manifest was evaluated from "+safe(some(e.Altered, 3))+
			", which changed during the run. converge plan shows what is left.")
	case len(e.Recurring) > 0:
		h.writeClosing(green, "Proved: an immediate plan holds nothing but "+safe(some(e.Recurring, 3))+", which every run does.")
	default:
		h.writeClosing(yellow, "Not proved: something changed while the run went on. converge plan shows what is left.")
	}
}

// measureRun is how long the run lasted.
func (h *summaryWriter) measureRun(e event.Event) time.Duration {
	if e.Elapsed == 0 && !h.started.IsZero() {
		return e.Time.Sub(h.started)
	}
	return e.Elapsed
}
