package view

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"converge/internal/event"
)

// planWriter shows a plan: its changes in order, and at the end, in sections, what concerns several resources.
type planWriter struct {
	*changeWriter
	also    []event.Event
	orphans []event.Event
	owes    []event.Event
	ends    []event.Event // the owed reboots
	drops   []event.Event
	held    heldPlan // changes and faults
	flat    bool     // there is only one module, so nothing must be held
	maybe   []string // resources that are as declared now, but may not be after earlier changes
}

// writeSections writes the sections and forgets what they hold.
func (h *planWriter) writeSections() {
	h.showMaybe()
	h.showAlso()
	h.showOrphans()
	h.showOwes()
	h.showEnds()
	h.showDrops()
	*h = planWriter{changeWriter: h.changeWriter, flat: h.flat}
}

func (h *planWriter) addPlanned(e event.Event) {
	if e.Action == "none" && e.Tentative && h.showsPlan() {
		h.maybe = append(h.maybe, e.Resource)
	}
	if e.Action == "none" && len(e.Notes) == 0 && e.Error == "" {
		if h.opt.Verbose && !h.held.isEmpty() { // after these
			h.hold(e)
		} else if h.opt.Verbose {
			h.writeHeader(e, "")
		}
		return
	}
	switch {
	case h.showsPlan() && !h.flat:
		h.hold(e)
	case h.showsPlan() || e.Action == "none" && !e.Audit: // an unchanged resource has no line of its own
		h.writeChange(e)
	}
	h.noteShown(e)
}

// showMaybe lists resources that are as declared now and are observed again after a change of an earlier resource.
func (h *planWriter) showMaybe() {
	if len(h.maybe) > 0 {
		h.writeText(dim, "? ", "may change too, after what comes before: "+some(h.maybe, 5))
	}
}

// showAlso lists the package managers' changes of undeclared packages, one line for each kind of change of a manager.
func (h *planWriter) showAlso() {
	if len(h.also) == 0 {
		return
	}
	h.writeSection("Not declared, but part of the same transaction:")
	var managers []string
	for _, e := range h.also {
		if by := alsoBy(e); !slices.Contains(managers, by) {
			managers = append(managers, by)
		}
	}
	for _, manager := range managers {
		for _, do := range []struct{ action, verb string }{
			{"create", "install"}, {"update", "change"}, {"delete", "remove"},
		} {
			var items []string
			for _, e := range h.also {
				if e.Action == do.action && alsoBy(e) == manager {
					items = append(items, packageWords(e))
				}
			}
			if len(items) > 0 {
				h.writeAlso(do.action, manager+" will also "+do.verb+": "+strings.Join(items, ", "))
			}
		}
	}
}

// writeAlso writes a line about undeclared packages.
func (h *planWriter) writeAlso(action, text string) {
	symbol, st := look(action)
	for i, l := range wrap(safe(text), h.cellsLeft(4)) {
		if i == 0 {
			h.writeLine("  ", h.paint(st, symbol+" "), l)
		} else {
			h.writeLine("      ", l)
		}
	}
}

// alsoBy names the cause of a change that no resource declares.
func alsoBy(e event.Event) string {
	for _, a := range e.Changes {
		if a.Name == "provider" {
			if len(a.After) > 0 {
				return unquoted(a.After)
			}
			return unquoted(a.Before)
		}
	}
	return "the package manager"
}

// packageWords returns a package with its exact versions: "libx 1.2", "liby 1 → 2".
func packageWords(e event.Event) string {
	name := bareName(e.Resource)
	for _, a := range e.Changes {
		if a.Name != "version" {
			continue
		}
		before, after := unquoted(a.Before), unquoted(a.After)
		switch {
		case before != "" && after != "" && e.Action != "delete":
			return name + " " + before + " → " + after
		case after != "" && e.Action != "delete":
			return name + " " + after
		case before != "":
			return name + " " + before
		}
	}
	return name
}

// bareName returns an address without its kind: package.libx is libx, and package["libx1.2"] is libx1.2.
func bareName(addr string) string {
	if kind, name, ok := strings.Cut(addr, "."); ok && !strings.Contains(kind, "[") {
		return name
	}
	if _, rest, ok := strings.Cut(addr, "["); ok {
		if name, err := strconv.Unquote(strings.TrimSuffix(rest, "]")); err == nil {
			return name
		}
	}
	return addr
}

func (h *planWriter) showOrphans() {
	if len(h.orphans) == 0 {
		return
	}
	if !h.showsPlan() {
		kept := 0
		for _, e := range h.orphans {
			if e.Type == event.Undeclared {
				kept += e.Total
			} else if e.Action != "delete" && !isPutBack(e) {
				kept++
			}
		}
		if kept > 0 && h.opt.Verbose {
			h.writeLine(h.paint(dim, "No longer declared, and left alone: "+plural(kept, "resource")+"."))
			h.shownAny = true
		}
		return
	}
	h.writeSection("Made by an earlier run:")
	for _, e := range h.orphans {
		if e.Type == event.Undeclared {
			h.writeUndeclared(e)
			continue
		}
		symbol, st := look(e.Action)
		h.writeLine("  ", h.paint(st, symbol+" "), safe(e.Resource), h.paint(dim, "  "+safe(orphanWords(e))))
		if isPutBack(e) {
			h.writeAttrs(e)
		}
	}
}

// writeUndeclared shows how many orphans there are that were not observed.
func (h *planWriter) writeUndeclared(e event.Event) {
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(e.Kinds)) {
		kinds = append(kinds, pluralKind(e.Kinds[kind], safe(kind)))
	}
	symbol, st := look("none")
	h.writeLine("  ", h.paint(st, symbol+" "), strings.Join(kinds, ", "), h.paint(dim, "  no longer declared, and not looked at: they stay"))
	if e.Shared > 0 {
		h.writeLine("      ", h.paint(dim, "Other sites declare "+thousands(e.Shared)+" of them, too: an apply leaves these to them alone."))
	}
	h.writeLine("      ", h.paint(dim, "converge plan --prune looks at each, and lists what --prune removes, puts back or leaves."))
}

// isPutBack reports whether an orphan will be restored to its original.
func isPutBack(e event.Event) bool { return e.Action == "create" || e.Action == "update" }

// orphanWords describes what the run does with an orphan.
func orphanWords(e event.Event) string {
	what := strings.Join(e.Notes, "; ")
	switch {
	case e.Action == "delete":
		return strings.Join(append([]string{"no longer declared; will be removed"}, e.Notes...), "; ")
	case isPutBack(e):
		return strings.Join(append([]string{"no longer declared; will be put back as it was"}, e.Notes...), "; ")
	case what == "":
		return "no longer declared"
	}
	return what
}

// showOwes lists the notifications. An apply shows only those of earlier runs: it reports its own when they are
// delivered.
func (h *planWriter) showOwes() {
	var shown []event.Event
	for _, e := range h.owes {
		if h.showsPlan() || e.Run != "" {
			shown = append(shown, e)
		}
	}
	if len(shown) == 0 {
		return
	}
	if h.showsPlan() {
		h.writeSection("Will notify:")
	} else {
		h.writeSection("Owed by an earlier run:")
	}
	for _, e := range shown {
		h.writeLine("  ", h.paint(purple, "* "), safe(e.Resource+" "+e.Verb), causes(e.Causes), h.paint(dim, ", "+safe(owesWords(e))))
		if h.opt.Verbose {
			for _, c := range e.Causes {
				h.writeLine("      ", h.paint(dim, "for "+safe(c)))
			}
		}
	}
}

// addOwed records an owed action. In a plan, reboots have their own section.
func (h *planWriter) addOwed(e event.Event) {
	if e.Ends && h.showsPlan() {
		h.ends = append(h.ends, e)
		return
	}
	h.owes = append(h.owes, e)
}

// showEnds lists the reboots at the end of a run.
func (h *planWriter) showEnds() {
	if len(h.ends) == 0 {
		return
	}
	h.writeSection("Will reboot:")
	for _, e := range h.ends {
		st := yellow
		if e.Void {
			st = dim
		}
		h.writeLine("  ", h.paint(st, "! "), safe(e.Resource), "  ", safe(because(e.Causes, endsWords(e))))
	}
}

// endsWords describes when a host reboots, since when that is owed, or why it does not.
func endsWords(e event.Event) string {
	var words []string
	if e.Run != "" {
		words = append(words, "owed since run "+e.Run)
	}
	switch {
	case e.Void && e.Run != "":
		words = append(words, "no longer needed")
	case e.Void:
		words = append(words, "not needed")
	case e.When == "immediately":
		words = append(words, "in place")
	}
	return strings.Join(append(words, e.Notes...), ", ")
}

// because joins the resources that requested a reboot with further details.
func because(causes []string, more string) string {
	if len(causes) == 0 {
		return more
	}
	why := "because " + some(causes, 2) + " changed"
	if more != "" {
		why += ", " + more
	}
	return why
}

// showDrops lists debts that can no longer be delivered. An apply reports each when it drops it.
func (h *planWriter) showDrops() {
	if len(h.drops) == 0 || !h.showsPlan() {
		return
	}
	h.writeSection("Will be owed no more:")
	for _, e := range h.drops {
		h.writeLine("  ", h.paint(yellow, "- "), safe(e.Resource+" "+e.Verb), causes(e.Causes), h.paint(dim, ", owed since run "+safe(e.Run)))
		h.writeBlock(6, plain, e.Error)
	}
}

// owesWords describes when an action is due, since when it is owed, or why not.
func owesWords(e event.Event) string {
	tail := whenWords(e.When)
	if e.Run != "" {
		tail = "owed since run " + e.Run
	}
	switch {
	case e.Void && e.Run != "" && !e.Tentative:
		tail += ", no longer needed"
	case e.Void && len(e.Notes) > 0:
		return tail + ", not sent: " + strings.Join(e.Notes, ", ")
	case e.Void:
		tail += ", not sent: the change of the resource itself has the same effect"
	}
	for _, n := range e.Notes {
		tail += ", " + n
	}
	return tail
}

func causes(cs []string) string {
	if len(cs) == 0 {
		return ""
	}
	return " (" + plural(len(cs), "cause") + ": " + safe(some(cs, 2)) + ")"
}
