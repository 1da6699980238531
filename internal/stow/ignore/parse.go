package ignore

import "strings"

// localName is the list of one package, at its top.
const localName = ".stow-local-ignore"

// globalName is the list of a user, in his home.
const globalName = ".stow-global-ignore"

// blanks are what Perl's \s matches.
const blanks = " \t\n\v\f\r"

// line is a pattern of a list.
type line struct {
	number  int // from 1; 0 is the pattern that every list has
	pattern string
}

// parseList reads a list: one pattern a line, each once. A comment starts the line
// or follows a blank; \# is a number sign.
func parseList(text string) []line {
	var lines []line
	seen := map[string]bool{}
	number := 0
	for raw := range strings.Lines(text) {
		number++
		p := strings.Trim(raw, blanks)
		if p == "" || p[0] == '#' {
			continue
		}
		p = strings.ReplaceAll(cutComment(p), `\#`, "#")
		if !seen[p] {
			seen[p] = true
			lines = append(lines, line{number, p})
		}
	}
	return lines
}

// cutComment cuts a comment off, with the blanks before it. One without a
// character is none: "foo #" is a pattern.
func cutComment(p string) string {
	start := -1 // of the blanks before i
	for i := range len(p) - 1 {
		switch {
		case strings.IndexByte(blanks, p[i]) >= 0:
			if start < 0 {
				start = i
			}
		case p[i] == '#' && start >= 0:
			return p[:start]
		default:
			start = -1
		}
	}
	return p
}
