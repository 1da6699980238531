package syntax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// describeUnpaired returns the error about a closing bracket that does not close the innermost open one. It always finds
// one, even if the text has other errors.
func describeUnpaired(src []byte, i int, open []jsonOpen) (summary, detail string, from, to int) {
	c := src[i]
	if len(open) == 0 {
		return "Unexpected " + jsonName(c), fmt.Sprintf("This %c closes nothing: each one before it is closed already.", c), i, i + 1
	}
	top := open[len(open)-1]
	closing := closingOf(top.is)
	whole := func(from, to int, with ...byte) bool {
		return pairsInJSON(slices.Concat(src[:from], with, src[to:]))
	}
	switch {
	case whole(i, i, closing):
		return closeAt(top, placeToClose(src, top.at, i))
	case whole(i, i+1, closing):
	case whole(i, i+1):
		return "Unexpected " + jsonName(c), fmt.Sprintf("This %c closes nothing: what is open here is the %c of line %d.", c, top.is, top.line.number), i, i + 1
	case len(open) > 1 && closingOf(open[len(open)-2].is) == c:
		return closeAt(top, placeToClose(src, top.at, i))
	}
	return "Wrong " + jsonName(c), fmt.Sprintf("The %c of line %d is closed by %c.", top.is, top.line.number, closing), i, i + 1
}

// placeToClose returns where the missing closing bracket belongs, for an opening one at from that is not closed before
// to: before a property that follows list elements, or an element that follows properties, and else directly before to.
func placeToClose(src []byte, from, to int) int {
	trim := func(i int) int { return len(bytes.TrimRight(src[:i], " \t\r\n")) }
	var bad *json.SyntaxError
	if err := json.Unmarshal(src[from:to], new(any)); !errors.As(err, &bad) {
		return trim(to)
	}
	i := from + int(bad.Offset) - 1
	if i < to && src[i] == ':' { // the text before it is a name
		i = lastText(src, from, i)
	}
	at := trim(max(i, from))
	if at-1 <= from || src[at-1] != ',' {
		return trim(to)
	}
	at = trim(at - 1)
	if !json.Valid(slices.Insert(slices.Clone(src), at, closingOf(src[from]))) {
		return trim(to)
	}
	return at
}

// lastText returns the offset of the last text between two offsets; from if there is none.
func lastText(src []byte, from, to int) int {
	last := from
	for i := from; i < to; i++ {
		if src[i] == '"' {
			last, i = i, stringEnd(src, i)-1
		}
	}
	return last
}

func closingOf(opening byte) byte {
	if opening == '{' {
		return '}'
	}
	return ']'
}
