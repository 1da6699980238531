package edit

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// note records a splice that was made, and returns the lines that it removed or added.
func (c *changes) note(p Part, s made) []string {
	if c.known == nil {
		c.known = map[string]bool{}
	}
	rows := rowsOf(s.New)
	if s.Old != "" {
		c.replaces = true
		rows = c.linesOf(s.Splice, s.New)
	} else if name := nameOf(p); name != "" {
		c.known[name] = true
	}
	if l, ok := p.(FstabLine); ok && !l.Swap && s.Old == "" {
		if c.above == nil {
			c.above = map[string]bool{}
		}
		eachAbove(l.Name, func(folder string) { c.above[folder] = true })
	}
	for _, r := range rows {
		c.rows, c.known[trimEnd(r)] = append(c.rows, r), true
	}
	from, to := c.span(p, s.Splice)
	i := sort.Search(len(c.at), func(i int) bool { return c.at[i].from >= from })
	if s.Old != "" || i == len(c.at) || c.at[i].from != from {
		c.at = slices.Insert(c.at, i, &change{from: from, to: to, replaced: s.Old != "", removed: isRemoval(p, s.Splice)})
	}
	if s.Old == "" {
		c.at[i].inserted.note(p, s)
		return rows
	}
	return append(rows, c.linesOf(s.Splice, s.Old)...)
}

// linesOf returns the lines of the file around a splice, with a text in its place.
func (c *changes) linesOf(s Splice, text string) []string {
	end := s.At + len(s.Old)
	before := string(c.src[1+bytes.LastIndexByte(c.src[:s.At], '\n') : s.At])
	if strings.HasSuffix(s.Old, "\n") {
		return rowsOf(before + text)
	}
	return rowsOf(before + text + string(c.src[end:lineEnd(c.src, end)]))
}

// rowsOf returns the lines of a text.
func rowsOf(text string) (out []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// nameOf identifies a key without its comment, and a host and a line of fstab by their names.
func nameOf(p Part) string {
	switch p := p.(type) {
	case AuthorizedKey:
		return "key\x00" + p.ID()
	case KnownHost:
		return "host\x00" + p.Host
	case FstabLine:
		return "fstab\x00" + p.Name
	}
	return ""
}
