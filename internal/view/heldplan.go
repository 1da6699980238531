package view

import (
	"slices"
	"strings"

	"converge/internal/event"
)

// mostUngrouped is how many changes a plan shows in order. More are grouped by module.
const mostUngrouped = 40

// heldPlan holds the shown part of a plan until its size is known. For many changes it keeps text, because events are
// many times as large.
type heldPlan struct {
	few     []event.Event // all in their order, while the changes are few
	changes int
	groups  []*moduleGroup
	at      map[string]*moduleGroup
}

// isEmpty reports whether nothing is held.
func (p *heldPlan) isEmpty() bool { return len(p.groups) == 0 }

// groupOf returns the group of a resource's module.
func (p *heldPlan) groupOf(e event.Event) *moduleGroup {
	m := moduleOf(e.Resource)
	g := p.at[m]
	if g == nil {
		if p.at == nil {
			p.at = map[string]*moduleGroup{}
		}
		g = &moduleGroup{module: m}
		p.at[m], p.groups = g, append(p.groups, g)
	}
	return g
}

// hold keeps a change or a fault of a plan until the plan is complete.
func (h *planWriter) hold(e event.Event) {
	g := h.held.groupOf(e)
	if isChange(e) {
		h.held.changes++
		g.count(e)
	}
	if h.held.few = append(h.held.few, e); h.held.changes <= mostUngrouped && !h.opt.Summary {
		return
	}
	for _, e := range h.held.few {
		h.keepText(h.held.groupOf(e), e)
	}
	h.held.few = nil
}

// keepText renders an event and keeps the text in the group of its module.
func (h *planWriter) keepText(g *moduleGroup, e event.Event) {
	switch {
	case e.Type != event.Planned:
		g.parts = append(g.parts, groupPart{fault: &e})
	case !h.opt.Summary:
		start, shownAny := h.buf.Len(), h.shownAny
		h.writePlanned(e)
		g.addText(h.buf.Bytes()[start:])
		h.buf.Truncate(start)
		h.shownAny = shownAny
	}
}

// writePlanned shows a change, or that there is none.
func (h *planWriter) writePlanned(e event.Event) {
	if e.Action == "none" && len(e.Notes) == 0 && e.Error == "" {
		h.writeHeader(e, "")
		return
	}
	h.writeChange(e)
}

// release shows what was held: in order, by module if there are many changes, or only the counts if these were requested.
func (h *planWriter) release(writeFault func(event.Event)) {
	held := h.held
	h.held = heldPlan{}
	for _, e := range held.few {
		if e.Type == event.Planned {
			h.writePlanned(e)
		} else {
			writeFault(e)
		}
	}
	if len(held.few) > 0 {
		return
	}
	slices.SortStableFunc(held.groups, func(a, b *moduleGroup) int { return strings.Compare(a.module, b.module) })
	for _, g := range held.groups {
		if (h.opt.Summary || len(held.groups) > 1) && g.counts.Changed() > 0 {
			h.writeSection(g.describe())
		}
		h.writeGroup(g, writeFault)
	}
}
