package edit

import (
	"bytes"
	"sort"
	"strings"
)

// row is one line of a file.
type row struct {
	text   string // without its end
	start  int    // offset
	end    int    // of the next line
	number int    // counted from 1
}

// rows splits a file into lines. A file that does not end with a newline has a last line without one.
func rows(src []byte) []row {
	text := string(src) // one conversion for all lines
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

// readRows splits a file into lines, only once if the memo is of that file.
func readRows(m *Memo, src []byte) []row {
	lines, _ := recall(m, src, linesOf{}, func() ([]row, error) { return rows(src), nil }) // splitting never fails
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

// newline is the end of lines in a file.
func newline(src []byte) string {
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// insertLines is the splice that inserts lines at an offset where a line begins or the file ends.
func insertLines(src []byte, at int, lines ...string) []Splice {
	nl := newline(src)
	return []Splice{{At: at, New: strings.Join(lines, nl) + nl}}
}

// removeAll removes lines of a file, given in their order: consecutive lines with one splice.
func removeAll(src []byte, gone []row) (out []Splice) {
	for i := 0; i < len(gone); {
		from, to := gone[i].start, gone[i].end
		for i++; i < len(gone) && gone[i].start == to; i++ {
			to = gone[i].end
		}
		out = append(out, removeRows(src, from, to)...)
	}
	return out
}

// removeRows is the splice that removes whole lines.
func removeRows(src []byte, from, to int) []Splice {
	return []Splice{{At: from, Old: string(src[from:to])}}
}

// lineOf is lineAt with a memo.
func lineOf(m *Memo, src []byte, at int) int {
	if !m.isOf(src) {
		return lineAt(src, at)
	}
	lines := readRows(m, src)
	i := sort.Search(len(lines), func(i int) bool { return lines[i].end > at })
	if i == len(lines) {
		return lineAt(src, at)
	}
	return i + 1
}

func lineAt(src []byte, at int) int { return 1 + bytes.Count(src[:min(at, len(src))], []byte{'\n'}) }

// lineAtEnd is lineAt for the end of a file.
func lineAtEnd(m *Memo, src []byte) int {
	return len(readRows(m, src)) + 1
}

// listTexts returns the texts of lines that are part of another type.
func listTexts[R any](all []R, line func(R) row) (out []string) {
	for _, r := range all {
		out = append(out, line(r).text)
	}
	return out
}
