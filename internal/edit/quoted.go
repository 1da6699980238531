package edit

import "errors"

// quotedText returns the index of the row after the value in quotes that begins in a row, and whether the value has no
// end. Such a value is one row, like all others.
func (f rules) quotedText(lines []row, first int) (end int, open bool) {
	r := lines[first]
	a, ok := f.assign(r)
	if !ok || a.commented || !isQuote(r.text[a.value-r.start:]) {
		return first + 1, false
	}
	quote, from := r.text[a.value-r.start], a.value-r.start+1
	for i := first; i < len(lines); i++ {
		text := lines[i].text
		for j := from; j < len(text); j++ {
			switch {
			case text[j] == '\\' && quote == '"':
				j++
			case text[j] == quote:
				return i + 1, false
			}
		}
		from = 0
	}
	return first + 1, true
}

// hasOpenQuote reports whether a value in quotes has no end, so that a line at the end of the file would be a part of
// it.
func (f rules) hasOpenQuote(lines []row) bool {
	for i := 0; i < len(lines); {
		end, open := f.quotedText(lines, i)
		if open {
			return true
		}
		i = end
	}
	return false
}

// openError returns the reason why a file has no room for a new line.
func (f rules) openError() error {
	if f.quoted {
		return errors.New("a value in quotes has no end in the file, so that a new line would be in it: write the quote at its end")
	}
	return errors.New("a text that begins with << has no end in the file, so that a new line would be in it")
}
