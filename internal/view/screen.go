package view

import (
	"bytes"
	"io"
	"strings"
)

// output is where a view goes. It keeps the first error.
type output struct {
	w   io.Writer
	err error
}

func (o *output) write(p []byte) {
	if _, err := o.w.Write(p); err != nil && o.err == nil {
		o.err = err
	}
}

// screen holds lines, painted and folded for one kind of output, until they are
// flushed.
type screen struct {
	buf      bytes.Buffer
	opt      Options
	shownAny bool // something was printed that a summary is set off from
}

// flush writes the lines.
func (h *screen) flush(o *output) {
	o.write(h.buf.Bytes())
	h.buf.Reset()
}

// flushTo writes the lines of a view that is complete.
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

// writeClosing writes a closing line, set off from the lines above it.
func (h *screen) writeClosing(st style, s string) {
	if h.shownAny {
		h.writeLine()
		h.shownAny = false
	}
	h.writeLine(h.paint(st, s))
}

// writeSection heads a list at the end of a plan.
func (h *screen) writeSection(title string) {
	if h.shownAny {
		h.writeLine()
	}
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

// cellsLeft is how many cells are left after an indent; 0: any number.
func (h *screen) cellsLeft(indent int) int {
	if h.opt.Width <= 0 {
		return 0
	}
	return max(h.opt.Width-indent, 20)
}

// maxCells is how many cells of one foreign line are shown.
func (h *screen) maxCells() int {
	if h.opt.Verbose {
		return 4000
	}
	return 400
}
