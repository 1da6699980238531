package view

import (
	"strings"

	"converge/internal/event"
)

// notePlanned notes what a rollback keeps.
func (h *summaryWriter) notePlanned(e event.Event) {
	h.stays = h.stays || h.undone != "" && e.Action == "none" && len(e.Notes) > 0
}

// startUndo names the run that is taken back.
func (h *summaryWriter) startUndo(e event.Event) {
	h.undone, h.opaque, h.leaves = e.Run, e.Partial, e.Notes
	what := ""
	if e.Message != "" {
		what = " (" + safe(e.Message) + ")"
	}
	h.writeLine(h.paint(bold, "Taking back run "+safe(e.Run)), h.paint(dim, what))
	for _, what := range e.Notes {
		h.writeBlock(2, dim, "not brought back, or not in full: "+safe(what))
	}
	h.shownAny = true
}

// describeNothing is the line of a run that has nothing to do.
func (h *summaryWriter) describeNothing(c event.Counts) string {
	left := h.listLost()
	switch {
	case left != nil:
		return "Nothing to take back but " + strings.Join(left, " and ") + "."
	case h.undone != "":
		return "Nothing to take back: all is as it was before that run."
	}
	return nothingSentence(c)
}

// listExceptions names what a proved rollback has not brought back.
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

// listLost names what no rollback of that run brings back.
func (h *summaryWriter) listLost() []string {
	var out []string
	for _, what := range h.leaves {
		out = append(out, safe(what))
	}
	if h.opaque {
		out = append(out, "what its commands did, which is not known")
	}
	return out
}
