package edit

import (
	"bytes"
	"strings"
)

// row is one line of a file.
type row struct {
	text   string // without its end
	start  int    // offset
	end    int    // of the next line
	number int    // counted from 1
}

// rows cuts a file into lines. A file that does not end with a newline has a last
// line without one.
func rows(src []byte) []row {
	text := string(src) // once for all lines
	out := make([]row, 0, strings.Count(text, "\n")+1)
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		out = append(out, row{strings.TrimSuffix(strings.TrimSuffix(text[at:end], "\n"), "\r"), at, end, len(out) + 1})
		at = end
	}
	return out
}

// page is a file cut into lines.
type page struct {
	rows  []row
	texts map[string][]row // rows by their text as trimEnd returns it; nil: not indexed
}

// linesOf is the key of a page in a memo.
type linesOf struct{}

// readPage cuts a file into lines. If the memo is of that file, it does so once, and
// indexes them.
func readPage(m *Memo, src []byte) page {
	if !m.isOf(src) {
		return page{rows: rows(src)}
	}
	p, _ := recall(m, src, linesOf{}, func() (page, error) {
		p := page{rows(src), map[string][]row{}}
		for _, r := range p.rows {
			text := trimEnd(r.text)
			p.texts[text] = append(p.texts[text], r)
		}
		return p, nil
	})
	return p
}

// find returns the lines that have a text, with or without blanks behind it.
func (p page) find(text string) (out []row) {
	if p.texts != nil {
		return p.texts[text]
	}
	for _, r := range p.rows {
		if trimEnd(r.text) == text {
			out = append(out, r)
		}
	}
	return out
}

func trimEnd(text string) string { return strings.TrimRight(text, " \t") }

// stop is where the text of the line ends.
func (r row) stop() int { return r.start + len(r.text) }

// newline is how the lines of a file end.
func newline(src []byte) string {
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// insertLines is the splice that inserts lines at an offset where a line begins or
// the file ends. A file that did not end with a newline does not end with one
// afterwards either.
func insertLines(src []byte, at int, lines ...string) []Splice {
	nl := newline(src)
	text := strings.Join(lines, nl)
	if at == len(src) && at > 0 && src[at-1] != '\n' {
		return []Splice{{At: at, New: nl + text}}
	}
	return []Splice{{At: at, New: text + nl}}
}

// removeRows is the splice that removes whole lines.
func removeRows(src []byte, from, to int) []Splice {
	if to == len(src) && to > 0 && src[to-1] != '\n' { // the new last line has no newline either
		from = len(bytes.TrimRight(src[:from], "\r\n"))
	}
	return []Splice{{At: from, Old: string(src[from:to])}}
}

func lineAt(src []byte, at int) int { return 1 + bytes.Count(src[:min(at, len(src))], []byte{'\n'}) }
