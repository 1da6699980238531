package view

import (
	"strings"
)

// mostLines is how many lines of one difference are shown without -v.
const mostLines = 200

// writeDiff shows a unified difference below its attribute. Of something that is
// created only the lines are shown, not where they go.
func (h *changeWriter) writeDiff(action, d string) {
	lines := strings.Split(strings.TrimSuffix(d, "\n"), "\n")
	if d == "" {
		return
	}
	shown := 0
	for i, l := range lines {
		if i < 2 && (strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "+++ ")) ||
			action == "create" && strings.HasPrefix(l, "@@ ") {
			continue
		}
		if shown == mostLines && !h.opt.Verbose {
			h.writeLine("      ", h.paint(dim, "… "+plural(len(lines)-i, "more line")+"; -v shows them"))
			return
		}
		h.writeDiffLine(l)
		shown++
	}
}

func (h *changeWriter) writeDiffLine(l string) {
	st := plain
	switch {
	case strings.HasPrefix(l, "+"):
		st = green
	case strings.HasPrefix(l, "-"):
		st = red
	case strings.HasPrefix(l, "@@"):
		st = cyan
	case strings.HasPrefix(l, `\`):
		st = dim
	}
	h.writeLine("      ", h.paint(st, clip(safeTabs(l), h.maxCells())))
}
