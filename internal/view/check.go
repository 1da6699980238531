package view

import (
	"strings"

	"converge/internal/event"
)

// addCheck shows a check of a plan. An apply shows only owed checks of earlier runs: it reports its own when they are
// done.
func (h *planWriter) addCheck(e event.Event) {
	if !h.showsPlan() && e.Run == "" {
		return
	}
	h.shownAny = true
	h.writeLine(h.paint(cyan, "? "), h.paint(bold, safe(e.Resource)), "  ", safe(checkWords(e)))
	if h.opt.Verbose {
		for _, c := range e.Causes {
			h.writeLine("    ", h.paint(dim, "for "+safe(c)))
		}
	}
}

// writeChecked shows a check that has passed, or was skipped.
func (h *applyWriter) writeChecked(e event.Event) {
	h.shownAny = true
	tail := ": passed"
	if e.Void {
		tail = ": " + safe(strings.Join(e.Notes, ", "))
	}
	if e.Elapsed >= noticeable {
		tail += h.paint(dim, " ("+elapsed(e.Elapsed)+")")
	}
	h.writeLine(h.paint(cyan, "? "), h.paint(bold, safe(e.Resource)), "  ", safe(e.Message), tail)
}

// checkWords describes the question of a check, since when the check is owed, and what a failure causes.
func checkWords(e event.Event) string {
	words := []string{e.Message}
	if e.Run != "" {
		words = append(words, "owed since run "+e.Run)
	}
	return strings.Join(append(words, e.Notes...), ", ")
}

// finishChecks sums up a command that only runs checks.
func (h *summaryWriter) finishChecks(e event.Event) {
	c := e.Counts
	switch {
	case e.Exit == 130:
		h.writeClosing(yellow, "Interrupted: not all checks have answered.")
	case c.Failed > 0:
		h.writeClosing(red, "Checked: "+tally(counted(c.Checked, "passed"), counted(c.Failed, "failed"))+".")
	case c.Resources == 0:
		h.writeClosing(plain, "The manifest declares no check.")
	case c.Checked == 0:
		h.writeClosing(yellow, "Nothing was checked.")
	default:
		h.writeClosing(green, "Checked: "+counted(c.Checked, "passed")+".")
	}
}
