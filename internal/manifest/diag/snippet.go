package diag

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/text/width"
)

// maxLines is how many source lines one diagnostic shows: a block or a text may be as long as the manifest.
const maxLines = 4

const (
	markStart = "\x1b[1;4m"
	markEnd   = "\x1b[0m"
)

// snippet writes the lines that a diagnostic is about, with the marked word underlined on a colour terminal, and
// otherwise with a line of ^ below it.
func snippet(d *hcl.Diagnostic, text []byte, color bool) string {
	subject := *d.Subject
	if n := len(text); subject.Start.Byte >= n && bytes.HasSuffix(text, []byte("\n")) { // the end is shown after the last line
		subject.Start.Byte, subject.Start.Line = n-1, subject.Start.Line-1
	}
	if subject.Empty() {
		subject.End.Byte++
	}
	from, to := subject.Start, subject.End
	if c := d.Context; c != nil && c.Filename == subject.Filename {
		if c.Start.Byte < from.Byte {
			from = c.Start
		}
		if c.End.Byte > to.Byte {
			to = c.End
		}
	}
	if subject.Start.Line-from.Line > maxLines/2 {
		from = subject.Start
	}
	var b strings.Builder
	number, shown := from.Line, 0
	for begin := lineStart(text, from.Byte); begin < len(text) && (begin < to.Byte || shown == 0); number++ {
		if shown++; shown > maxLines {
			b.WriteString("      …\n")
			break
		}
		line, _, _ := bytes.Cut(text[begin:], []byte("\n"))
		next := begin + len(line) + 1
		line = bytes.TrimSuffix(line, []byte("\r"))
		writeLine(&b, number, line, subject.Start.Byte-begin, subject.End.Byte-begin, color)
		begin = next
	}
	return b.String()
}

// lineStart returns the offset of the line that contains a byte.
func lineStart(text []byte, at int) int {
	return bytes.LastIndexByte(text[:min(max(at, 0), len(text))], '\n') + 1
}

// writeLine writes one source line with the part between two offsets marked. If the part has several lines, ^ marks the
// first.
func writeLine(b *strings.Builder, number int, line []byte, from, to int, color bool) {
	if from < 0 && !color {
		to = 0
	}
	from, to = max(from, 0), min(to, len(line))
	if from == len(line) && to == from && !color { // something is missing at the end of this line
		fmt.Fprintf(b, "%4d: %s\n      %s^\n", number, line, blankOf(line))
		return
	}
	if from >= to {
		fmt.Fprintf(b, "%4d: %s\n", number, line)
		return
	}
	before, word, after := line[:from], line[from:to], line[to:]
	if color {
		fmt.Fprintf(b, "%4d: %s%s%s%s%s\n", number, before, markStart, word, markEnd, after)
		return
	}
	fmt.Fprintf(b, "%4d: %s\n", number, line)
	if marks := max(columns(word), 1); len(line) <= maxLine {
		fmt.Fprintf(b, "      %s%s\n", blankOf(before), strings.Repeat("^", marks))
	}
}

// blankOf returns white space with the width of a text on a terminal.
func blankOf(text []byte) string {
	var b strings.Builder
	for _, r := range string(text) {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", columnsOf(r)))
		}
	}
	return b.String()
}

// columns returns the width of a text on a terminal.
func columns(text []byte) (n int) {
	for _, r := range string(text) {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
