package edit

import (
	"slices"
	"strings"
)

// inside reports which lines continue another one: their text is not an assignment, even if it looks like one.
func (f rules) inside(lines []row) []bool {
	out := make([]bool, len(lines))
	switch {
	case f.joined:
		for i := range lines {
			text := strings.TrimSpace(lines[i].text)
			comment := text != "" && strings.IndexByte(f.comments, text[0]) >= 0 || f.exact && strings.Contains(text, "#")
			if i+1 < len(lines) {
				out[i+1] = out[i] && comment || !comment && strings.HasSuffix(lines[i].text, "\\")
			}
		}
	case f.quoted:
		for i := 0; i < len(lines); {
			end, _ := f.quotedText(lines, i)
			for i++; i < end; i++ {
				out[i] = true
			}
		}
	case f.shell && !f.hasBlanks(lines):
		for i := 0; i < len(lines); {
			end := f.statement(lines, i)
			for i++; i < end; i++ {
				out[i] = true
			}
		}
	}
	return out
}

// isShell reports whether a separator suits shells: they allow no blanks.
func (f rules) isShell(sep string) bool { return f.shell && strings.TrimSpace(sep) == sep }

// hasBlanks reports whether blanks surround the first separator of a file, which then is not for shells.
func (f rules) hasBlanks(lines []row) bool {
	for _, r := range lines {
		if a, ok := f.assign(r); ok && !a.commented {
			return !f.isShell(a.sep)
		}
	}
	return false
}

// statement returns the index of the row after the words that begin in a row, as shells read them. Words without an
// end in the file are one row.
func (f rules) statement(lines []row, first int) int {
	quote, depth, document := byte(0), 0, ""
	for i := first; i < len(lines); i++ {
		text := lines[i].text
		joined := false
		for j := 0; j < len(text); j++ {
			c := text[j]
			switch {
			case c == '\\' && quote != '\'':
				joined = j+1 == len(text)
				j++
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '#' && (j == 0 || isBlank(text[j-1])):
				j = len(text)
			case c == '(' && (depth > 0 || j > 0 && (text[j-1] == '=' || text[j-1] == '$')):
				depth++
			case c == ')' && depth > 0:
				depth--
			case strings.HasPrefix(text[j:], "<<<"):
				j += 2
			case strings.HasPrefix(text[j:], "<<"):
				document = markOf(strings.TrimLeft(text[j+2:], "- \t"))
				j++
			}
		}
		if quote == 0 && depth == 0 && !joined {
			return endOfDocument(lines, i, document)
		}
	}
	return first + 1
}

// markOf returns the word at the beginning of a text that marks the end of a here-document.
func markOf(text string) string {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		mark, _, _ := strings.Cut(text[1:], text[:1])
		return mark
	}
	if i := strings.IndexAny(text, " \t;|&)<>"); i >= 0 {
		text = text[:i]
	}
	return strings.TrimPrefix(text, "\\")
}

// endOfDocument returns the index of the row after the text that a command in a row reads from the lines below.
func endOfDocument(lines []row, at int, mark string) int {
	for i := at + 1; mark != "" && i < len(lines); i++ {
		if strings.TrimLeft(lines[i].text, "\t") == mark {
			return i + 1
		}
	}
	if mark != "" && isName(mark) { // a shell reads all the rest
		return len(lines)
	}
	return at + 1
}

// isOpen reports whether a line at the end of a file would continue a command.
func (f rules) isOpen(src []byte) bool {
	if f.quoted {
		return f.hasOpenQuote(rows(src))
	}
	if !f.shell {
		return false
	}
	in := f.inside(rows(slices.Concat(src, []byte("\n_=1\n"))))
	return in[len(in)-1]
}

// isName reports whether a text may be the mark of a here-document, rather than a number that is shifted.
func isName(mark string) bool {
	return strings.Trim(mark, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == "" && (mark[0] < '0' || mark[0] > '9')
}
