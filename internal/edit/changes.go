package edit

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
)

// changes are the places of a file that parts have changed since it was read, in order. They do not overlap.
type changes struct {
	src      []byte // the file
	at       []*change
	replaces bool            // some of them are not only insertions
	rows     []string        // all lines that were inserted
	known    map[string]bool // the same, and the results of [nameOf] for inserted parts
	searched map[string]int  // by expression: how many of rows were searched without a match
	above    map[string]bool // folders above the mount points of lines of fstab that were made
}

// change is one of the places.
type change struct {
	from, to int // offsets of the file as it was read
	replaced bool
	removed  bool // whole lines, and nothing replaced them
	inserted stack
}

func (c *changes) isEmpty() bool { return len(c.at) == 0 }

// finds reports whether a part may match, or be placed by, an inserted text.
func (c *changes) finds(p Part) bool {
	switch p := p.(type) {
	case Line:
		return p.Match == nil && c.known[trimEnd(p.Text)] || c.matches(p.Match) || c.isMoved(p.After, p.Before)
	case AuthorizedKey, KnownHost:
		return c.known[nameOf(p)]
	case FstabLine: // its place is before what was made
		return c.known[nameOf(p)] || c.above[p.Name]
	case Block:
		return c.known[p.Begin()] || c.known[p.End()] || c.isMoved(p.After, p.Before)
	}
	return false
}

// isMoved reports whether the place that expressions determine may have changed.
func (c *changes) isMoved(after, before *regexp.Regexp) bool {
	return (after != nil || before != nil) && c.replaces || c.matches(after) || c.matches(before)
}

// matches reports whether an expression matches an inserted line. It searches no line twice with one expression.
func (c *changes) matches(expr *regexp.Regexp) bool {
	if expr == nil {
		return false
	}
	from := c.searched[expr.String()]
	for i, r := range c.rows[from:] {
		if expr.MatchString(r) {
			return true
		}
		from = max(from, i+1)
	}
	if c.searched == nil {
		c.searched = map[string]int{}
	}
	c.searched[expr.String()] = len(c.rows)
	return false
}

// fit returns how to make a splice of a part; false if the present file may need another splice. Several splices of one
// part stay together, so that none is shortened.
func (c *changes) fit(p Part, sp Splice, isSeveral bool) (made, bool) {
	out := made{Splice: sp}
	from, end := c.span(p, sp)
	i := sort.Search(len(c.at), func(i int) bool { return c.at[i].to >= from })
	for ; i < len(c.at) && c.at[i].from <= end; i++ {
		m := c.at[i]
		switch {
		case sp.Old == "" && !m.replaced && m.from == sp.At:
			return m.inserted.fit(p, out, isSeveral, sp.At == len(c.src))
		case isRemoval(p, sp) && m.removed && (m.to == from || m.from == end): // one line below the other
		default:
			return out, false
		}
	}
	return out, true
}

// span returns the place that determines how a splice is made. The key of an object includes blanks of the lines
// around it.
func (c *changes) span(p Part, sp Splice) (from, to int) {
	from, to = sp.At, sp.At+len(sp.Old)
	if s, ok := p.(*Setting); ok && s.Format == JSON && sp.New == "" {
		from = bytes.LastIndexByte(c.src[:1+bytes.LastIndexByte(c.src[:from], '\n')], '\n') + 1
		to = lineEnd(c.src, lineEnd(c.src, to))
	}
	return from, to
}

// isRemoval reports whether a splice only removes whole lines on which none of the lines around depend.
func isRemoval(p Part, sp Splice) bool {
	if sp.New != "" || !strings.HasSuffix(sp.Old, "\n") {
		return false
	}
	s, ok := p.(*Setting)
	switch {
	case ok && s.Format == YAML:
		return isClosedRow(sp.Old)
	case ok && s.Format == JSON:
		return false
	}
	return true
}

// isClosedRow reports whether a text is one line of YAML that no lines below can continue: a comment below a block
// becomes a line of the block when the key between them is removed.
func isClosedRow(text string) bool {
	return strings.Count(text, "\n") == 1 && !strings.ContainsAny(text, "|>")
}
