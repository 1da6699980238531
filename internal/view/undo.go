package view

import "converge/internal/event"

// undoes names the run that is taken back.
func (h *Human) undoes(e event.Event) {
	h.undone = e.Run
	what := ""
	if e.Message != "" {
		what = " (" + safe(e.Message) + ")"
	}
	h.line(h.paint(bold, "Taking back run "+safe(e.Run)), h.paint(dim, what))
	h.shownAny = true
}

// nothing is the line of a run that has nothing to do.
func (h *Human) nothing(c event.Counts) string {
	if h.undone != "" {
		return "Nothing to take back: all is as it was before that run."
	}
	return nothingSentence(c)
}
