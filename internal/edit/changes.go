package edit

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
)

// changes are the places of a file that parts have changed since it was read, in order. No
// two of them overlap.
type changes struct {
	src      []byte // the file
	at       []*change
	replaces bool            // some of them are more than insertions
	rows     []string        // all lines that were inserted
	known    map[string]bool // the same, and what [nameOf] returns of parts that were inserted
	searched map[string]int  // by expression: how many of rows it does not match
	above    map[string]bool // folders above the mount points of lines of fstab that were made
}

// change is one of the places.
type change struct {
	from, to int // offsets of the file as it was read
	replaced bool
	removed  bool // whole lines, and nothing took their place
	inserted stack
}

func (c *changes) isEmpty() bool { return len(c.at) == 0 }

// finds reports whether a part may be found in what was inserted, or be placed by it.
func (c *changes) finds(p Part) bool {
	switch p := p.(type) {
	case Line:
		return p.Match == nil && c.known[trimEnd(p.Text)] || c.matches(p.Match) || c.isMoved(p.After, p.Before)
	case AuthorizedKey, KnownHost:
		return c.known[nameOf(p)]
	case FstabLine: // whose place is before what was made
		return c.known[nameOf(p)] || c.above[p.Name]
	case Block:
		return c.known[p.Begin()] || c.known[p.End()] || c.isMoved(p.After, p.Before)
	}
	return false
}

// isMoved reports whether the place that expressions name may be another one now.
func (c *changes) isMoved(after, before *regexp.Regexp) bool {
	return (after != nil || before != nil) && c.replaces || c.matches(after) || c.matches(before)
}

// matches reports whether an expression matches a line that was inserted. No line is
// searched twice with one expression.
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

// fit returns how a splice of a part is to be made; false if it may be another one in the
// file as it is now. Several splices of one part go together, so that none is shortened.
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

// span returns the place on which it depends how a splice is made. The key of an object takes
// blanks of the lines around with it.
func (c *changes) span(p Part, sp Splice) (from, to int) {
	from, to = sp.At, sp.At+len(sp.Old)
	if s, ok := p.(*Setting); ok && s.Format == JSON && sp.New == "" {
		from = bytes.LastIndexByte(c.src[:1+bytes.LastIndexByte(c.src[:from], '\n')], '\n') + 1
		to = lineEnd(c.src, lineEnd(c.src, to))
	}
	return from, to
}

// isRemoval reports whether a splice removes whole lines, and nothing else, of which none of the
// lines around them depend.
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

// isClosedRow reports whether a text is one line of YAML that lines below cannot continue, whatever
// they are: a comment below a block becomes a line of it when the key between them goes.
func isClosedRow(text string) bool {
	return strings.Count(text, "\n") == 1 && !strings.ContainsAny(text, "|>")
}
