package view

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/event"
)

// summaryWriter writes the final lines of a plan and a run.
type summaryWriter struct {
	*changeWriter
	started time.Time
	undone  string   // the run that is undone
	leaves  []string // what that run changed and a rollback does not restore
	opaque  bool     // that run executed commands, whose effects are unknown
	faults  faults
	kept    []event.Event // orphans that prune left because they are protected
	outputs []event.Event // of the site, printed at the end of the run
	stays   bool          // something that the run made stays, for the given reason
}

// finishPlan sums up a plan, or separates an apply from its sections.
func (h *summaryWriter) finishPlan(e event.Event) {
	if !h.showsPlan() || e.Counts == nil {
		h.setOff()
		return
	}
	c := *e.Counts
	switch {
	case c.Changed()+c.Also+c.Notified+c.Checked+c.Failed+c.Tolerated+c.Held+c.Dropped > 0:
		h.writeClosing(bold, planSentence(c))
	case !h.applies(): // an apply reports it after the proof
		h.writeClosing(green, h.describeNothing(c))
	}
	if !h.applies() {
		h.writeUnprivileged()
		h.writeSwitchedOff(c)
		if c.Failed+c.Held == 0 {
			h.writeOutputs()
		}
	}
}

// writeSwitchedOff reports that disabled resources are neither changed nor removed.
func (h *summaryWriter) writeSwitchedOff(c event.Counts) {
	if c.Off > 0 {
		h.writeLine(h.paint(dim, agree(c.Off, "1 resource is switched off; what it made stays.", "resources are switched off; what they made stays.")))
	}
}

// finishRun sums up a run and reports the proof.
func (h *summaryWriter) finishRun(e event.Event) {
	if h.mode == "plan" || e.Counts == nil {
		return
	}
	if h.mode == "check" {
		h.finishChecks(e)
		return
	}
	c := *e.Counts
	done, left := doneSentence(c), leftSentence(c)
	if done != "" {
		h.writeClosing(bold, done+" in "+elapsed(h.measureRun(e))+".")
	}
	if left != "" {
		h.writeClosing(red, left)
		h.writeFaults()
		h.writeUnprivileged()
	}
	switch {
	case e.Exit == 130 && e.Ends:
		h.writeClosing(yellow, "Ended between steps for a reboot: the rest comes after it.")
	case e.Exit == 130:
		h.writeClosing(yellow, "Interrupted between steps: the rest was not started.")
	case e.Exit == 1:
		h.writeClosing(red, "Stopped: nothing was changed.")
	case e.Exit != 0 && left == "":
		h.writeClosing(red, "Stopped: the rest was not started.")
	case done == "" && left == "" && !e.Ends:
		h.writeClosing(green, h.describeNothing(c))
	case left != "":
	default:
		h.writeProof(e)
	}
	if c.Audited > 0 && done+left != "" {
		h.writeClosing(yellow, agree(c.Audited,
			"1 resource differs from what is declared, and is only audited.", "resources differ from what is declared, and are only audited."))
	}
	if c.Unobserved > 0 && done+left != "" {
		h.writeClosing(yellow, agree(c.Unobserved,
			"1 resource cannot be compared, and is only audited.", "resources cannot be compared, and are only audited."))
	}
	h.writeKept()
	h.writeSwitchedOff(c)
	if e.Exit == 0 {
		h.writeOutputs()
	}
}

// noteKept records orphans that are not pruned, because they were protected.
func (h *summaryWriter) noteKept(e event.Event) {
	if e.Protected != "" {
		h.kept = append(h.kept, e)
	}
}

// mostKept is how many orphans that prune left are listed.
const mostKept = 10

// writeKept lists the orphans that prune left, with their protectors. A plan lists them among the rest.
func (h *summaryWriter) writeKept() {
	if len(h.kept) == 0 {
		return
	}
	h.writeClosing(yellow, "Kept, though no longer declared (converge forget lets it go):")
	for i, e := range h.kept {
		if i == mostKept {
			h.writeLine("  ", h.paint(dim, "and "+strconv.Itoa(len(h.kept)-mostKept)+" more"))
			break
		}
		h.writeLine("  = ", safe(e.Resource), h.paint(dim, "  was protected by "+safe(e.Protected)))
	}
}

// writeProof reports what was proved, or what prevents a proof.
func (h *summaryWriter) writeProof(e event.Event) {
	switch {
	case e.Proved && h.undone != "":
		h.writeClosing(green, "Proved: what run "+safe(h.undone)+" changed is as it was before"+h.listExceptions()+".")
	case e.Proved && e.Partial:
		h.writeClosing(green, "Proved: an immediate plan of what was chosen is empty. Nothing is claimed of the rest.")
	case e.Proved && e.Counts.Audited+e.Counts.Unobserved > 0:
		h.writeClosing(green, "Proved: an immediate plan changes nothing.")
	case e.Proved:
		h.writeClosing(green, "Proved: an immediate plan is empty.")
	case e.Ends:
		h.writeClosing(yellow, "A reboot follows: the next run proves what is there after it.")
	case e.Counts.Queued > 0:
		h.writeClosing(yellow, "Queued and not waited for: "+plural(e.Counts.Queued, "service")+". The next run, or converge status --wait, looks again.")
	case len(e.Facts) > 0:
		h.writeClosing(yellow, "Facts changed, apply again: the manifest used "+safe(some(e.Facts, 3))+
			", which changed during the run. converge plan shows what is left.")
	case len(e.Altered) > 0:
		h.writeClosing(yellow, "Not proved: the manifest was evaluated from "+safe(some(e.Altered, 3))+
			", which changed during the run. converge plan shows what is left.")
	case len(e.Recurring) > 0:
		h.writeClosing(green, "Proved: an immediate plan holds nothing but "+safe(some(e.Recurring, 3))+", which every run does.")
	default:
		h.writeClosing(yellow, "Not proved: something changed while the run went on. converge plan shows what is left.")
	}
}

// measureRun returns how long the run took.
func (h *summaryWriter) measureRun(e event.Event) time.Duration {
	if e.Elapsed == 0 && !h.started.IsZero() {
		return e.Time.Sub(h.started)
	}
	return e.Elapsed
}

// notePlanned records what a rollback keeps.
func (h *summaryWriter) notePlanned(e event.Event) {
	h.stays = h.stays || h.undone != "" && e.Action == "none" && len(e.Notes) > 0
}

// startRun resets the state of an earlier run in the same stream.
func (h *summaryWriter) startRun() {
	h.undone, h.opaque, h.stays, h.leaves, h.kept, h.faults = "", false, false, nil, nil, faults{}
}

// startUndo names the run that is undone.
func (h *summaryWriter) startUndo(e event.Event) {
	h.undone, h.opaque, h.leaves = e.Run, e.Partial, e.Notes
	what := ""
	if e.Message != "" {
		what = " (" + safe(e.Message) + ")"
	}
	if len(e.Causes) > 0 {
		what += ", because " + safe(some(e.Causes, 1)) + " failed"
		h.setOff()
	}
	h.writeLine(h.paint(bold, "Taking back run "+safe(e.Run)), h.paint(dim, what))
	for _, what := range capLeft(e.Notes) {
		h.writeBlock(2, dim, "not brought back, or not in full: "+safe(what))
	}
	h.shownAny = true
	h.setOff()
}

// describeNothing returns the line of a run with nothing to do.
func (h *summaryWriter) describeNothing(c event.Counts) string {
	left := h.listLost()
	switch {
	case left != nil:
		return "Nothing to take back but " + strings.Join(left, " and ") + "."
	case h.undone != "" && h.stays:
		return "Nothing to take back: what that run changed was changed since, and is kept."
	case h.undone != "":
		return "Nothing to take back: all is as it was before that run."
	}
	return nothingSentence(c)
}

// listExceptions lists what a proved rollback has not restored.
func (h *summaryWriter) listExceptions() string {
	var out []string
	if h.stays {
		out = append(out, "what is kept")
	}
	if out = append(out, h.listLost()...); out == nil {
		return ""
	}
	return ", but for " + strings.Join(out, " and ")
}

// listLost lists what no rollback of that run restores.
func (h *summaryWriter) listLost() []string {
	var out []string
	for _, what := range capLeft(h.leaves) {
		out = append(out, safe(what))
	}
	if h.opaque {
		out = append(out, "what its commands did, which is not known")
	}
	return out
}

// capLeft returns the first things that a rollback leaves, and how many more there are: a purge may remove thousands of
// entries that it cannot make again.
func capLeft(left []string) []string {
	const most = 3
	if len(left) <= most {
		return left
	}
	return append(slices.Clone(left[:most]), thousands(len(left)-most)+" more")
}
