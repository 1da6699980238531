package system

import (
	"bytes"
	"strings"
)

// findNames finds the names of 127.0.1.1 in /etc/hosts: the start and the end of the part of each such line between the
// address and a comment.
func findNames(text []byte) (places [][2]int) {
	at := 0
	for line := range bytes.Lines(text) {
		l := string(line)
		before, _, _ := strings.Cut(l, "#")
		rest, ok := strings.CutPrefix(strings.TrimLeft(before, " \t"), "127.0.1.1")
		names := strings.TrimSpace(rest)
		if ok && names != "" && strings.ContainsAny(rest[:1], " \t") {
			start := at + strings.LastIndex(before, rest) + strings.Index(rest, names)
			places = append(places, [2]int{start, start + len(names)})
		}
		at += len(line)
	}
	return places
}
