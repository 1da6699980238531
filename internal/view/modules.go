package view

import (
	"cmp"
	"slices"
	"strings"

	"converge/internal/event"
)

// moduleGroup holds a plan's lines about one module.
type moduleGroup struct {
	module string // as in an address, "" for the root
	counts event.Counts
	kinds  map[[2]string]int // how many changes there are, by action and kind
	parts  []groupPart
}

// groupPart is a text, or a fault whose text depends on the faults shown before it.
type groupPart struct {
	text  []byte
	fault *event.Event
}

// mostPart is the size in bytes from which a text continues in another part, so that a long one is not copied
// repeatedly.
const mostPart = 64 << 10

// count counts a change.
func (g *moduleGroup) count(e event.Event) {
	if g.kinds == nil {
		g.kinds = map[[2]string]int{}
	}
	g.kinds[[2]string{e.Action, e.Kind}]++
	switch e.Action {
	case "create":
		g.counts.Create++
	case "update":
		g.counts.Update++
	case "delete":
		g.counts.Delete++
	case "run":
		g.counts.Run++
	}
}

// addText adds a copy of a text.
func (g *moduleGroup) addText(text []byte) {
	if n := len(g.parts); n > 0 && g.parts[n-1].fault == nil && len(g.parts[n-1].text)+len(text) <= mostPart {
		g.parts[n-1].text = append(g.parts[n-1].text, text...)
		return
	}
	g.parts = append(g.parts, groupPart{text: slices.Clone(text)})
}

// describe returns the heading of a group.
func (g *moduleGroup) describe() string {
	c := g.counts
	return safe(cmp.Or(g.module, "The root manifest")) + ": " + tally(
		counted(c.Create, "to create"), counted(c.Update, "to change"), counted(c.Delete, "to remove"), counted(c.Run, "to run"))
}

// writeGroup shows a group, or only the counts of its changes if these were requested.
func (h *planWriter) writeGroup(g *moduleGroup, writeFault func(event.Event)) {
	if h.opt.Summary {
		h.writeKinds(g)
	}
	for _, part := range g.parts {
		if part.fault != nil {
			writeFault(*part.fault)
			continue
		}
		h.buf.Write(part.text)
		h.shownAny = true
	}
}

// writeKinds shows how many changes there are, by action and by kind.
func (h *planWriter) writeKinds(g *moduleGroup) {
	for _, action := range []string{"create", "update", "delete", "run"} {
		var kinds []string
		for of := range g.kinds {
			if of[0] == action {
				kinds = append(kinds, of[1])
			}
		}
		slices.Sort(kinds)
		for i, k := range kinds {
			kinds[i] = pluralKind(g.kinds[[2]string{action, k}], safe(k))
		}
		if len(kinds) > 0 {
			symbol, st := look(action)
			h.writeLine("  ", h.paint(st, symbol+" "), strings.Join(kinds, ", "))
		}
	}
}

// moduleOf returns the module of an address, including its parents: module.web["eu"].module.db.
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

func isChange(e event.Event) bool { return e.Type == event.Planned && e.Action != "none" && !e.Audit }
