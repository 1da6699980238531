package view

import (
	"strings"

	"converge/internal/event"
)

// undoes names the run that is taken back.
func (h *Human) undoes(e event.Event) {
	h.undone, h.opaque, h.leaves = e.Run, e.Partial, e.Notes
	what := ""
	if e.Message != "" {
		what = " (" + safe(e.Message) + ")"
	}
	h.line(h.paint(bold, "Taking back run "+safe(e.Run)), h.paint(dim, what))
	for _, what := range e.Notes {
		h.block(2, dim, "not brought back, or not in full: "+safe(what))
	}
	h.shownAny = true
}

// nothing is the line of a run that has nothing to do.
func (h *Human) nothing(c event.Counts) string {
	left := h.lost()
	switch {
	case left != nil:
		return "Nothing to take back but " + strings.Join(left, " and ") + "."
	case h.undone != "":
		return "Nothing to take back: all is as it was before that run."
	}
	return nothingSentence(c)
}

// exceptions names what a proved rollback has not brought back.
func (h *Human) exceptions() string {
	var out []string
	if h.stays {
		out = append(out, "what is kept")
	}
	if out = append(out, h.lost()...); out == nil {
		return ""
	}
	return ", but for " + strings.Join(out, " and ")
}

// lost names what no rollback of that run brings back.
func (h *Human) lost() []string {
	var out []string
	for _, what := range h.leaves {
		out = append(out, safe(what))
	}
	if h.opaque {
		out = append(out, "what its commands did, which is not known")
	}
	return out
}
