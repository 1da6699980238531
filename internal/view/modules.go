package view

import (
	"cmp"
	"slices"
	"strings"

	"converge/internal/event"
)

// mostUngrouped is how many changes a plan shows in their order. More are put together by module.
const mostUngrouped = 40

// hold keeps a change or a fault of a plan until the plan is complete.
func (h *planWriter) hold(e event.Event) { h.held = append(h.held, e) }

// release shows what was held: in order, by module if it is much, or counted if only that was asked for.
func (h *planWriter) release(writeFault func(event.Event)) {
	events := h.held
	h.held = nil
	groups := groupByModule(events)
	grouped := h.opt.Summary || countChanges(events) > mostUngrouped && len(groups) > 1
	if !grouped {
		groups = []moduleGroup{{events: events}}
	}
	for _, g := range groups {
		if grouped && countChanges(g.events) > 0 {
			h.writeSection(g.describe())
		}
		h.writeGroup(g, writeFault)
	}
}

// writeGroup shows the events of a group. A summary counts the changes and shows the faults.
func (h *planWriter) writeGroup(g moduleGroup, writeFault func(event.Event)) {
	if h.opt.Summary {
		h.writeKinds(g.events)
	}
	for _, e := range g.events {
		switch {
		case e.Type != event.Planned:
			writeFault(e)
		case h.opt.Summary:
		case e.Action == "none" && len(e.Notes) == 0 && e.Error == "":
			h.writeHeader(e, "")
		default:
			h.writeChange(e)
		}
	}
}

// writeKinds counts the changes by action and by kind.
func (h *planWriter) writeKinds(events []event.Event) {
	for _, action := range []string{"create", "update", "delete", "run"} {
		counts := map[string]int{}
		var kinds []string
		for _, e := range events {
			if isChange(e) && e.Action == action {
				if counts[e.Kind] == 0 {
					kinds = append(kinds, e.Kind)
				}
				counts[e.Kind]++
			}
		}
		slices.Sort(kinds)
		for i, k := range kinds {
			kinds[i] = thousands(counts[k]) + " " + safe(k)
		}
		if len(kinds) > 0 {
			symbol, st := look(action)
			h.writeLine("  ", h.paint(st, symbol+" "), strings.Join(kinds, ", "))
		}
	}
}

// moduleGroup is what a plan has of one module.
type moduleGroup struct {
	module string // as in an address, "" for the root
	events []event.Event
}

// describe heads a group.
func (g moduleGroup) describe() string {
	var c event.Counts
	for _, e := range g.events {
		switch {
		case !isChange(e):
		case e.Action == "create":
			c.Create++
		case e.Action == "update":
			c.Update++
		case e.Action == "delete":
			c.Delete++
		case e.Action == "run":
			c.Run++
		}
	}
	return safe(cmp.Or(g.module, "The root manifest")) + ": " + tally(
		counted(c.Create, "to create"), counted(c.Update, "to change"), counted(c.Delete, "to remove"), counted(c.Run, "to run"))
}

// groupByModule puts events together by module: the root first, each in the order of the plan.
func groupByModule(events []event.Event) []moduleGroup {
	var groups []moduleGroup
	at := map[string]int{}
	for _, e := range events {
		m := moduleOf(e.Resource)
		i, known := at[m]
		if !known {
			i = len(groups)
			at[m], groups = i, append(groups, moduleGroup{module: m})
		}
		groups[i].events = append(groups[i].events, e)
	}
	slices.SortStableFunc(groups, func(a, b moduleGroup) int { return strings.Compare(a.module, b.module) })
	return groups
}

// moduleOf returns the module of an address, with those around it: module.web["eu"].module.db.
func moduleOf(address string) string {
	end, rest := 0, address
	for strings.HasPrefix(rest, "module.") {
		n := len("module.")
		for quoted := false; n < len(rest) && (quoted || rest[n] != '.'); n++ {
			if rest[n] == '"' && rest[n-1] != '\\' {
				quoted = !quoted
			}
		}
		end += n
		rest = rest[n:]
		if strings.HasPrefix(rest, ".module.") {
			end++
			rest = rest[1:]
		}
	}
	return address[:end]
}

// countChanges counts the events that are changes.
func countChanges(events []event.Event) (n int) {
	for _, e := range events {
		n += one(isChange(e))
	}
	return n
}

func isChange(e event.Event) bool { return e.Type == event.Planned && e.Action != "none" && !e.Audit }

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
