package cli

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// quoteControls is a path for a person to read in a line: as it is, or as a string of
// Go's if it would break the line, or the terminal.
func quoteControls(path string) string {
	if !utf8.ValidString(path) {
		return strconv.Quote(path)
	}
	for _, c := range path {
		if !unicode.IsPrint(c) {
			return strconv.Quote(path)
		}
	}
	return path
}
