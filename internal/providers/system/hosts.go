package system

import (
	"bytes"
	"slices"
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

// renameHost returns the names of a line of /etc/hosts with a host's new name for its old
// one, short and with a domain. Other names stay.
func renameHost(names []string, old, name string) []string {
	short, _, full := strings.Cut(name, ".")
	oldShort, _, _ := strings.Cut(old, ".")
	var out []string
	add := func(n string) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, n := range names {
		domain, within := strings.CutPrefix(n, oldShort+".")
		switch {
		case old == "":
			add(n)
		case n == oldShort:
			add(short)
		case n == old:
			add(name)
		case within && full:
			add(name)
		case within:
			add(short + "." + domain)
		default:
			add(n)
		}
	}
	switch {
	case slices.Contains(out, name):
	case full: // the first name is the canonical one
		out = append([]string{name}, out...)
		add(short)
	default:
		add(name)
	}
	return out
}
