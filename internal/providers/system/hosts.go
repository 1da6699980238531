package system

import (
	"bytes"
	"strings"
)

// namesLine finds the names of 127.0.1.1 in /etc/hosts: the part of the first such line
// between the address and a comment. start and end are equal if there are none.
func namesLine(text []byte) (start, end int) {
	at := 0
	for line := range bytes.Lines(text) {
		l := string(line)
		before, _, _ := strings.Cut(l, "#")
		rest, ok := strings.CutPrefix(strings.TrimLeft(before, " \t"), "127.0.1.1")
		names := strings.TrimSpace(rest)
		if ok && names != "" && strings.ContainsAny(rest[:1], " \t") {
			start = at + strings.LastIndex(before, rest) + strings.Index(rest, names)
			return start, start + len(names)
		}
		at += len(line)
	}
	return 0, 0
}
