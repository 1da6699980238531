package view

import (
	"strings"

	"converge/internal/event"
)

// undoes names the run that is taken back.
func (h *Human) undoes(e event.Event) {
	h.undone, h.opaque = e.Run, e.Partial
	what := ""
	if e.Message != "" {
		what = " (" + safe(e.Message) + ")"
	}
	h.line(h.paint(bold, "Taking back run "+safe(e.Run)), h.paint(dim, what))
	h.shownAny = true
}

// nothing is the line of a run that has nothing to do.
func (h *Human) nothing(c event.Counts) string {
	switch {
	case h.opaque:
		return "Nothing to take back but what its commands did, which is not known."
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
	if h.opaque {
		out = append(out, "what its commands did, which is not known")
	}
	if out == nil {
		return ""
	}
	return ", but for " + strings.Join(out, " and ")
}
