package view

import (
	"bytes"
	"io"
	"strings"
)

// output is the destination of a view. It keeps the first error.
type output struct {
	w   io.Writer
	err error
}

func (o *output) write(p []byte) {
	if _, err := o.w.Write(p); err != nil && o.err == nil {
		o.err = err
	}
}

// screen collects lines, painted and folded for one kind of output, until they are flushed.
type screen struct {
	buf      bytes.Buffer
	opt      Options
	shownAny bool // something was printed, from which the summary is separated
}

// flush writes the lines.
func (h *screen) flush(o *output) {
	o.write(h.buf.Bytes())
	h.buf.Reset()
}

// flushTo writes the lines of a complete view.
func (h *screen) flushTo(w io.Writer) error {
	o := output{w: w}
	h.flush(&o)
	return o.err
}

// writeLine writes the parts and ends the line.
func (h *screen) writeLine(parts ...string) {
	for _, p := range parts {
		h.buf.WriteString(p)
	}
	h.buf.WriteByte('\n')
}

// writeClosing writes a closing line, separated from the lines above it.
func (h *screen) writeClosing(st style, s string) {
	h.setOff()
	h.writeLine(h.paint(st, s))
}

// setOff separates the following lines from those above.
func (h *screen) setOff() {
	if h.shownAny {
		h.writeLine()
		h.shownAny = false
	}
}

// writeSection writes the heading of a list at the end of a plan.
func (h *screen) writeSection(title string) {
	h.setOff()
	h.writeLine(h.paint(bold, title))
	h.shownAny = true
}

// writeText writes a labelled sentence, folded.
func (h *screen) writeText(st style, label, s string) {
	h.shownAny = true
	for i, l := range wrap(safe(s), h.cellsLeft(columns(label))) {
		if i == 0 {
			h.writeLine(h.paint(st, label), l)
		} else {
			h.writeLine(strings.Repeat(" ", columns(label)), l)
		}
	}
}

// writeBlock writes foreign text of any number of lines, indented and folded.
func (h *screen) writeBlock(indent int, st style, s string) {
	for raw := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		for _, l := range wrap(clip(safeTabs(raw), h.maxCells()), h.cellsLeft(indent)) {
			h.writeLine(strings.Repeat(" ", indent), h.paint(st, l))
		}
	}
}

// cellsLeft returns how many cells are left after an indent; 0: any number.
func (h *screen) cellsLeft(indent int) int {
	if h.opt.Width <= 0 {
		return 0
	}
	return max(h.opt.Width-indent, 20)
}

// maxCells returns how many cells of one foreign line are shown.
func (h *screen) maxCells() int {
	if h.opt.Verbose {
		return 4000
	}
	return 400
}

// style is how a piece of text is emphasized; it never carries a meaning of its own, because there may be no colour.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	purple style = "35"
	cyan   style = "36"
)

// paint formats s in st, if colour is on. s must be safe already.
func (h *screen) paint(st style, s string) string {
	if !h.opt.Color || st == plain || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// look returns the symbol and the colour of an action.
func look(action string) (string, style) {
	switch action {
	case "create":
		return "+", green
	case "update":
		return "~", yellow
	case "delete":
		return "-", red
	case "run":
		return ">", cyan
	}
	return "=", dim
}
