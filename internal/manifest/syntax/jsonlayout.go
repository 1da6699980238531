package syntax

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// findMissingInJSON returns the error about a character that is missing in invalid JSON: a quote, by the content of a
// line, or a bracket, by the indentation of the lines; "" if they do not show it.
func findMissingInJSON(src []byte) (summary, detail string, from, to int) {
	lines := jsonLines(src)
	tries := 0
	for _, l := range lines {
		if tries > maxTries || !isOdd(l) {
			continue
		}
		if summary, detail, from, to = describeJSONLine(l); summary != "" {
			return summary, detail, from, to
		}
		tries++
	}
	if pairsInJSON(src) {
		return "", "", 0, 0
	}
	return findBracketInJSON(src, lines)
}

// findBracketInJSON returns the error about a bracket that is missing according to the indentation of the lines.
func findBracketInJSON(src []byte, lines []jsonLine) (summary, detail string, from, to int) {
	var open []jsonOpen
	tries := 0
	for n, l := range lines {
		if top := len(open) - 1; top >= 0 && l.text[0] != '}' && l.text[0] != ']' {
			if open[top].indented && l.indent <= open[top].line.indent {
				return closeBefore(open[top], lines[n-1])
			}
			open[top].indented = open[top].indented || l.indent > open[top].line.indent
		}
		for i := 0; i < len(l.text); i++ {
			switch c := l.text[i]; c {
			case '"':
				i = stringEnd([]byte(l.text), i) - 1
			case '{', '[':
				open = append(open, jsonOpen{is: c, at: l.start + i, line: l, indented: i+1 < len(l.text)})
			case '}', ']':
				if summary, detail, from, to = closeJSON(src, lines, n, i, open, &tries); summary != "" {
					return summary, detail, from, to
				}
				top := len(open) - 1
				if top < 0 || closingOf(open[top].is) != c {
					return describeUnpaired(src, l.start+i, open)
				}
				open = open[:top]
			}
		}
	}
	if len(open) > 0 {
		return closeBefore(open[len(open)-1], lines[len(lines)-1])
	}
	return "", "", 0, 0
}

// jsonOpen is an open bracket, and its line.
type jsonOpen struct {
	is       byte
	at       int
	line     jsonLine
	indented bool // the lines in it are indented more than its own
}

// pairsInJSON reports whether all brackets of a text are paired.
func pairsInJSON(src []byte) bool {
	var open []byte
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case '"':
			i = stringEnd(src, i) - 1
		case '{', '[':
			open = append(open, c)
		case '}', ']':
			top := len(open) - 1
			if top < 0 || open[top] != map[byte]byte{'}': '{', ']': '['}[c] {
				return false
			}
			open = open[:top]
		}
	}
	return len(open) == 0
}

// closeBefore returns the error about a bracket that is not closed after a line.
func closeBefore(o jsonOpen, last jsonLine) (summary, detail string, from, to int) {
	return closeAt(o, last.end)
}

// closeAt returns the error about a bracket that is not closed at an offset.
func closeAt(o jsonOpen, at int) (summary, detail string, from, to int) {
	return "Missing closing " + jsonName(o.is), fmt.Sprintf("The %s that opens on line %d is not closed: here %c is missing.", jsonName(o.is), o.line.number, closingOf(o.is)), at, at
}

func jsonName(c byte) string {
	if c == '{' || c == '}' {
		return "brace"
	}
	return "bracket"
}

// closeJSON compares the closing bracket at an offset of a line with the innermost open one; "" if they are a pair.
func closeJSON(src []byte, lines []jsonLine, n, i int, open []jsonOpen, tries *int) (summary, detail string, from, to int) {
	l, top := lines[n], len(open)-1
	c := l.text[i]
	opens := map[byte]byte{'}': '{', ']': '['}[c]
	pairs := top >= 0 && open[top].is == opens
	switch first := i == 0; {
	case pairs && (!first && open[top].line.number == l.number || first && l.indent == open[top].line.indent || len(lines) == 1):
		return "", "", 0, 0
	case !first:
		if *tries++; *tries > maxTries || top < 0 && isTooMany(src, l.start+i) {
			break
		}
		if at := (jsonPiece{l}).missing(opens); at >= 0 && pairsInJSON(slices.Insert(slices.Clone(src), l.start+at, opens)) {
			return "Missing opening " + jsonName(c), describeNoOpening(src, l.start+i, opens), l.start + at, l.start + at
		}
	case top >= 0 && l.indent <= open[top].line.indent && !(pairs && l.indent == open[top].line.indent):
		if l.indent < open[top].line.indent {
			return closeBefore(open[top], lines[n-1])
		}
	default:
		for k := n - 1; k >= 0; k-- {
			if lines[k].indent == l.indent && strings.HasSuffix(lines[k].text, ":") {
				return "Missing opening " + jsonName(c), fmt.Sprintf("The %s of line %d closes what this line is to open: %s %c", jsonName(c), l.number, lines[k].text, opens), lines[k].end, lines[k].end
			}
		}
		if top < 0 && lines[0].text[0] != opens {
			return "Missing opening " + jsonName(c), fmt.Sprintf("A manifest in JSON is one object: the file begins with %c.", opens), lines[0].start, lines[0].start
		}
		if top < 0 {
			return "Unexpected " + jsonName(c), fmt.Sprintf("This %c closes nothing: each one above it is closed already.", c), l.start, l.start + 1
		}
	}
	return "", "", 0, 0
}

// describeNoOpening describes what a closing bracket's line lacks; the bracket itself may also be superfluous.
func describeNoOpening(src []byte, i int, opens byte) string {
	detail := fmt.Sprintf("Here %c is missing: a %c of this line has none.", opens, src[i])
	if isTooMany(src, i) {
		return fmt.Sprintf("%s Or that %c is one too many.", detail, src[i])
	}
	return detail
}

// isTooMany reports whether a text is valid JSON without the byte at an offset.
func isTooMany(src []byte, i int) bool { return json.Valid(slices.Delete(slices.Clone(src), i, i+1)) }

// jsonPiece is a line that lacks one character.
type jsonPiece struct{ jsonLine }

// missing returns where the character must be inserted to make the line valid JSON; -1 if no place does.
func (p jsonPiece) missing(char byte) int {
	best, least := -1, 0
	for i := range len(p.text) + 1 {
		if len(p.text) > maxRepaired || !isBoundary(p.text, i) {
			continue
		}
		if text := p.text[:i] + string(char) + p.text[i:]; isJSONLine(text) {
			n := oddities(text, i, roleInJSON(text, i))
			if best < 0 || n < least {
				best, least = i, n
			}
		}
	}
	return best
}
