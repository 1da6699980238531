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

// linesOf and textsOf are the keys of the lines in a memo, and of their index.
type (
	linesOf struct{}
	textsOf struct{}
)

// readRows cuts a file into lines, once if the memo is of that file.
func readRows(m *Memo, src []byte) []row {
	lines, _ := recall(m, src, linesOf{}, func() ([]row, error) { return rows(src), nil }) // which never fails
	return lines
}

// findRows returns the lines of a file that have a text, with or without blanks behind it.
func findRows(m *Memo, src []byte, text string) (out []row) {
	lines := readRows(m, src)
	if !m.isIndexed(src) {
		for _, r := range lines {
			if trimEnd(r.text) == text {
				out = append(out, r)
			}
		}
		return out
	}
	texts, _ := recall(m, src, textsOf{}, func() (map[string][]row, error) {
		texts := make(map[string][]row, len(lines))
		for _, r := range lines {
			text := trimEnd(r.text)
			texts[text] = append(texts[text], r)
		}
		return texts, nil
	})
	return texts[text]
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
