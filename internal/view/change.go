package view

import (
	"crypto/sha256"
	"encoding/json"

	"converge/internal/event"
)

// changeWriter shows changes of resources, planned or made.
type changeWriter struct {
	*screen
	mode  string                       // of the run
	shown map[string][sha256.Size]byte // changes of the plan that is printed above an apply, by resource
}

const rollback = "rollback"

// applies reports whether the run changes the host, and is not only a plan.
func (h *changeWriter) applies() bool { return h.mode == "apply" || h.mode == rollback }

// showsPlan reports whether planned changes are printed, and not only made ones.
func (h *changeWriter) showsPlan() bool { return !h.applies() || h.opt.ShowPlan }

// noteShown notes that a planned change is printed above the apply.
func (h *changeWriter) noteShown(e event.Event) {
	if !h.opt.ShowPlan || !h.applies() {
		return
	}
	if h.shown == nil {
		h.shown = map[string][sha256.Size]byte{}
	}
	h.shown[e.Resource] = changeShown(e)
}

// wasShown reports whether the plan above the apply shows a change exactly as it was made.
func (h *changeWriter) wasShown(e event.Event) bool {
	return h.opt.ShowPlan && h.shown[e.Resource] == changeShown(e)
}

// changeShown identifies everything that is shown of a change.
func changeShown(e event.Event) [sha256.Size]byte {
	b, _ := json.Marshal(event.Event{Action: e.Action, Changes: e.Changes, Removes: e.Removes, Error: e.Error}) // cannot fail: it goes to --json too
	return sha256.Sum256(b)
}

// writeChange shows one resource with its change.
func (h *changeWriter) writeChange(e event.Event) {
	brief := h.describeBriefly(e)
	h.writeHeader(e, brief)
	if brief == "" {
		h.writeAttrs(e)
	}
	if e.Audit && e.Error != "" {
		h.writeBlock(4, plain, e.Error)
	}
	h.writeNotes(e)
}

func (h *changeWriter) writeNotes(e event.Event) {
	for _, n := range e.Notes {
		h.writeBlock(4, dim, "note: "+n)
	}
}

// writeHeader writes the line that names a resource; tail follows the address.
func (h *changeWriter) writeHeader(e event.Event, tail string) {
	symbol, st := look(e.Action)
	if e.Audit && e.Error != "" {
		symbol, st = "?", yellow
	}
	h.shownAny = true
	parts := []string{h.paint(st, symbol+" "), h.paint(bold, safe(e.Resource))}
	if e.Tentative && h.showsPlan() {
		after := "what it depends on"
		if len(e.Causes) > 0 {
			after = some(e.Causes, 3)
		}
		parts = append(parts, h.paint(dim, " (after "+safe(after)+")"))
	}
	if e.Audit && e.Action != "none" {
		parts = append(parts, h.paint(dim, " differs, and is only audited"))
	}
	if e.Audit && e.Error != "" {
		parts = append(parts, h.paint(dim, " cannot be compared, and is only audited"))
	}
	parts = append(parts, tail)
	if h.opt.Verbose && e.Place != "" {
		parts = append(parts, h.paint(dim, "  # "+safe(e.Place)))
	}
	h.writeLine(parts...)
}
