package view

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"converge/internal/event"
)

func (h *Human) recovered(e event.Event) {
	h.text(yellow, "Recovered: ", "run "+e.Run+" was killed; "+e.Message)
}

func (h *Human) planned(e event.Event) {
	if e.Action == "none" && e.Tentative && h.showsPlan() {
		h.maybe = append(h.maybe, e.Resource)
	}
	if e.Action == "none" && len(e.Notes) == 0 {
		if h.opt.Verbose {
			h.header(e, "")
		}
		return
	}
	if h.showsPlan() || e.Action == "none" { // what is left as it is has no turn of its own
		h.change(e)
	}
	if h.opt.ShowPlan && h.applies() {
		if h.shown == nil {
			h.shown = map[string][sha256.Size]byte{}
		}
		h.shown[e.Resource] = changeShown(e)
	}
}

// change shows one resource and what becomes of it.
func (h *Human) change(e event.Event) {
	h.header(e, "")
	h.attrs(e)
	for _, n := range e.Notes {
		h.block(4, dim, "note: "+n)
	}
}

// header is the line that names a resource; tail is put after the address.
func (h *Human) header(e event.Event, tail string) {
	symbol, st := look(e.Action)
	h.shownAny = true
	parts := []string{h.paint(st, symbol+" "), h.paint(bold, safe(e.Resource))}
	if e.Tentative && h.showsPlan() {
		after := "what it depends on"
		if len(e.Causes) > 0 {
			after = some(e.Causes, 3)
		}
		parts = append(parts, h.paint(dim, " (after "+safe(after)+")"))
	}
	parts = append(parts, tail)
	if h.opt.Verbose && e.Place != "" {
		parts = append(parts, h.paint(dim, "  # "+safe(e.Place)))
	}
	h.line(parts...)
}

func (h *Human) planFinished(e event.Event) {
	h.showMaybe()
	h.showAlso()
	h.showOrphans()
	h.showOwes()
	h.showDrops()
	h.also, h.orphans, h.owes, h.drops, h.maybe = nil, nil, nil, nil, nil
	if !h.showsPlan() || e.Counts == nil {
		if h.shownAny { // set what follows off from the sections
			h.line()
			h.shownAny = false
		}
		return
	}
	c := *e.Counts
	if c.Changed()+c.Also+c.Notified+c.Failed+c.Tolerated+c.Held+c.Dropped == 0 {
		if !h.applies() { // an apply says so when it has proved it
			h.summary(green, h.nothing(c))
			h.switchedOff(c)
		}
		return
	}
	h.summary(bold, planSentence(c))
	if !h.applies() {
		h.switchedOff(c)
	}
}

// switchedOff reports that switched off resources are neither changed nor removed.
func (h *Human) switchedOff(c event.Counts) {
	switch {
	case c.Off == 1:
		h.line(h.paint(dim, "1 resource is switched off; what it made stays."))
	case c.Off > 1:
		h.line(h.paint(dim, plural(c.Off, "resource")+" are switched off; what they made stays."))
	}
}

// summary writes a closing line, set off from the lines above it.
func (h *Human) summary(st style, s string) {
	if h.shownAny {
		h.line()
		h.shownAny = false
	}
	h.line(h.paint(st, s))
}

// section heads a list at the end of a plan.
func (h *Human) section(title string) {
	if h.shownAny {
		h.line()
	}
	h.line(h.paint(bold, title))
	h.shownAny = true
}

// showMaybe names resources that are as declared now and are observed again
// after a change of a resource before them.
func (h *Human) showMaybe() {
	if len(h.maybe) > 0 {
		h.text(dim, "? ", "may change too, after what comes before: "+some(h.maybe, 5))
	}
}

// showAlso lists the package manager's changes of undeclared things, one line
// for each kind of change.
func (h *Human) showAlso() {
	if len(h.also) == 0 {
		return
	}
	h.section("Not declared, but part of the same transaction:")
	for _, do := range []struct{ action, verb string }{
		{"create", "install"}, {"update", "change"}, {"delete", "remove"},
	} {
		var items []string
		manager := ""
		for _, e := range h.also {
			if e.Action == do.action {
				items = append(items, packageWords(e))
				manager = alsoBy(e)
			}
		}
		if len(items) == 0 {
			continue
		}
		symbol, st := look(do.action)
		lead := manager + " will also " + do.verb + ": "
		for i, l := range wrap(safe(lead+strings.Join(items, ", ")), h.room(4)) {
			if i == 0 {
				h.line("  ", h.paint(st, symbol+" "), l)
			} else {
				h.line("      ", l)
			}
		}
	}
}

// alsoBy names the cause of a change that no resource declares.
func alsoBy(e event.Event) string {
	for _, a := range e.Changes {
		if a.Name == "provider" {
			return unquoted(firstOf(a.After, a.Before))
		}
	}
	return "the package manager"
}

// packageWords is a package with its exact versions: "libx 1.2", "liby 1 → 2".
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

// bareName takes the kind off an address: package.libx is libx, and
// package["libx1.2"] is libx1.2.
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

func (h *Human) showOrphans() {
	if len(h.orphans) == 0 {
		return
	}
	if !h.showsPlan() {
		kept := 0
		for _, e := range h.orphans {
			if e.Action != "delete" {
				kept++
			}
		}
		if kept > 0 && h.opt.Verbose {
			h.line(h.paint(dim, "No longer declared, and left alone: "+plural(kept, "resource")+"."))
			h.shownAny = true
		}
		return
	}
	h.section("Made by an earlier run:")
	for _, e := range h.orphans {
		what := strings.Join(e.Notes, "; ")
		switch {
		case e.Action == "delete":
			what = strings.Join(append([]string{"no longer declared; will be removed"}, e.Notes...), "; ")
		case what == "":
			what = "no longer declared"
		}
		symbol, st := look(e.Action)
		h.line("  ", h.paint(st, symbol+" "), safe(e.Resource), h.paint(dim, "  "+safe(what)))
	}
}

// showOwes lists the notifications. An apply only shows those of earlier runs:
// it reports its own when they go out.
func (h *Human) showOwes() {
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
		h.section("Will notify:")
	} else {
		h.section("Owed by an earlier run:")
	}
	for _, e := range shown {
		h.line("  ", h.paint(purple, "* "), safe(e.Resource+" "+e.Verb), causes(e.Causes), h.paint(dim, ", "+safe(owesWords(e))))
		if h.opt.Verbose {
			for _, c := range e.Causes {
				h.line("      ", h.paint(dim, "for "+safe(c)))
			}
		}
	}
}

// showDrops lists debts that nothing can deliver any more. An apply reports each
// when it drops it.
func (h *Human) showDrops() {
	if len(h.drops) == 0 || !h.showsPlan() {
		return
	}
	h.section("Will be owed no more:")
	for _, e := range h.drops {
		h.line("  ", h.paint(yellow, "- "), safe(e.Resource+" "+e.Verb), causes(e.Causes), h.paint(dim, ", owed since run "+safe(e.Run)))
		h.block(6, plain, e.Error)
	}
}

// owesWords tells when an action goes out, since when it is owed, or why not.
func owesWords(e event.Event) string {
	tail := whenWords(e.When)
	if e.Run != "" {
		tail = "owed since run " + e.Run
	}
	switch {
	case e.Void && e.Run != "":
		tail += ", no longer needed"
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
