package edit

import (
	"bytes"
	"strings"
)

// commas are the commas behind the last keys of the objects of a JSON text.
//
// The ground of a file of JSON has one behind the last key of each object, too, so that every key has a comma of its
// own, and can be added and removed without touching others. A file that has such commas itself is used as it is.
type commas struct {
	missing []int // the ends of last keys without one
	there   []int
	isJSON  bool // the text is one object, or only comments
}

// readCommas reads a text from its beginning or, with isPiece, from one of its tokens to another.
func readCommas(text []byte, isPiece bool) (c commas) {
	var open []byte
	token, end := byte(0), 0 // the last one
	for i := skipSpace(text, 0); i < len(text); i = skipSpace(text, end) {
		before := token
		switch token = text[i]; {
		case !isPiece && len(open) == 0 && (token != '{' || before != 0):
			return commas{}
		case token == '{' || token == '[':
			open = append(open, token)
		case token == '}' || token == ']':
			if n := len(open); n > 0 && open[n-1] != token-2 { // the codes of opening and closing brackets differ by 2
				return commas{}
			}
			open = open[:max(0, len(open)-1)]
			if token == '}' && before == ',' {
				c.there = append(c.there, end-1)
			} else if token == '}' && before != '{' && before != 0 {
				c.missing = append(c.missing, end)
			}
		}
		end = endOfToken(text, i)
	}
	c.isJSON = isPiece || len(open) == 0
	return c
}

// skipSpace returns the offset of the first token from an offset on.
func skipSpace(text []byte, at int) int {
	for at < len(text) {
		switch rest := text[at:]; {
		case strings.IndexByte(" \t\r\n", text[at]) >= 0:
			at++
		case bytes.HasPrefix(rest, []byte("//")):
			at = lineEnd(text, at)
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			if end < 0 {
				return len(text)
			}
			at += end + 4
		default:
			return at
		}
	}
	return at
}

func endOfToken(text []byte, at int) int {
	if text[at] == '"' {
		return max(at+1, tomlString(text[:lineEnd(text, at)], at))
	}
	end := at + 1
	for strings.IndexByte("{}[],:", text[at]) < 0 && end < len(text) && strings.IndexByte("{}[],:\" \t\r\n/", text[end]) < 0 {
		end++
	}
	return end
}

// add returns the text with the missing commas, and their places in it.
func (c commas) add(text []byte) (out []byte, at []int) {
	from := 0
	for _, end := range c.missing {
		out = append(append(out, text[from:end]...), ',')
		from, at = end, append(at, len(out)-1)
	}
	return append(out, text[from:]...), at
}

// drop returns the text without the commas that are there.
func (c commas) drop(text []byte) (out []byte) {
	from := 0
	for _, comma := range c.there {
		out = append(out, text[from:comma]...)
		from = comma + 1
	}
	return append(out, text[from:]...)
}

// withOwnComma returns a hunk of a text without its unchanged ends, and with the comma behind a key instead of the one
// before it.
func (h Hunk) withOwnComma(src []byte) Hunk {
	n := 0
	for n < min(len(h.Old), len(h.New)) && h.Old[n] == h.New[n] {
		n++
	}
	h.At, h.Old, h.New = h.At+n, h.Old[n:], h.New[n:]
	for h.Old != "" && h.New != "" && h.Old[len(h.Old)-1] == h.New[len(h.New)-1] {
		h.Old, h.New = h.Old[:len(h.Old)-1], h.New[:len(h.New)-1]
	}
	end := h.At + len(h.New)
	if hasComma := end < len(src) && src[end] == ','; hasComma && (h.Old == "") != (h.New == "") && (h.Old + h.New)[0] == ',' {
		h.At++
		if h.New != "" {
			h.New = h.New[1:] + ","
		} else {
			h.Old = h.Old[1:] + ","
		}
	}
	return h
}

// piece is a stretch of a text from the line of the token before the hunks' changes to the token behind them.
func piece(g *gap, hunks []Hunk) (from, to int) {
	const step = 256 // most lines are shorter
	last := hunks[len(hunks)-1]
	for from = hunks[0].At; from > 0; {
		text := g.slice(max(0, from-step), from)
		line := strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n') + 1
		from -= len(text) - line
		before := []byte(g.slice(from, hunks[0].At))
		if isWhole := line > 0 || from == 0; isWhole && skipSpace(before, 0) < len(before) {
			break
		}
	}
	end := last.At + len(last.New)
	for size := step; ; size *= 4 {
		text := []byte(g.slice(end, min(g.size(), end+size)))
		if next := skipSpace(text, 0); next < len(text) {
			return from, end + next + 1
		} else if end+size >= g.size() {
			return from, g.size()
		}
	}
}
