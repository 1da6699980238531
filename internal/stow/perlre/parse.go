package perlre

import (
	"fmt"
	"strings"
)

// maxDepth bounds how deep groups nest: every walk over the tree recurses.
const maxDepth = 250

// maxPattern bounds a pattern, in bytes; a joined ignore list is one pattern.
const maxPattern = 1 << 20

// Error is why a pattern cannot be used.
type Error struct {
	Pattern string
	Offset  int // in bytes, of what is wrong
	Reason  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s at byte %d of the pattern %q", e.Reason, e.Offset, e.Pattern)
}

// flags are the modifiers in force.
type flags struct {
	fold, multi, dotAll, extended, spaced, noCapture bool // i m s x xx n
}

type parser struct {
	src    string
	pos    int
	depth  int
	kept   int // where the last \K ends
	looks  int // around what is being read
	groups int // opened so far
	names  map[string][]int
	later  []reference
	flags
}

// reference is a group that must exist once all is read.
type reference struct {
	at     int
	number int
	name   string
	node   *node
}

// stop is how a parser gives up; parse catches it.
type stop struct{ err *Error }

func (p *parser) fail(at int, format string, args ...any) {
	panic(stop{&Error{p.src, at, fmt.Sprintf(format, args...)}})
}

// parse reads a pattern; groups is how many it captures.
func parse(pattern string) (root *node, groups int, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case stop:
			root, err = nil, r.err
		default:
			panic(r)
		}
	}()
	p := &parser{src: pattern}
	if len(pattern) > maxPattern {
		p.src = pattern[:64] + "..."
		p.fail(0, "more than %d bytes", maxPattern)
	}
	root = p.alternatives(false)
	if p.more() {
		p.fail(p.pos, "unmatched )")
	}
	for _, r := range p.later {
		p.resolve(r)
	}
	return root, p.groups, nil
}

func (p *parser) resolve(r reference) {
	switch {
	case r.name != "" && p.names[r.name] == nil:
		p.fail(r.at, "there is no group %q", r.name)
	case r.name != "":
		r.node.groups = p.names[r.name]
	case r.number > p.groups:
		p.fail(r.at, "there is no group %d", r.number)
	}
}

func (p *parser) more() bool { return p.pos < len(p.src) }

// peek tells whether what comes next is text.
func (p *parser) peek(text string) bool { return strings.HasPrefix(p.src[p.pos:], text) }

// take steps over text if it comes next.
func (p *parser) take(text string) bool {
	if !p.peek(text) {
		return false
	}
	p.pos += len(text)
	return true
}

// until steps over everything up to and including end.
func (p *parser) until(end string) (string, bool) {
	text, _, ok := strings.Cut(p.src[p.pos:], end)
	if ok {
		p.pos += len(text) + len(end)
	}
	return text, ok
}

// alternatives reads up to the end of a group or of the pattern. In a branch
// reset each alternative numbers its groups from the same one.
func (p *parser) alternatives(reset bool) *node {
	first, last := p.groups, p.groups
	subs := []*node{p.sequence()}
	for p.take("|") {
		last = max(last, p.groups)
		if reset {
			p.groups = first
		}
		subs = append(subs, p.sequence())
	}
	p.groups = max(last, p.groups)
	return alt(subs...)
}

func (p *parser) sequence() *node {
	var subs []*node
	for {
		p.blank()
		if !p.more() || p.src[p.pos] == '|' || p.src[p.pos] == ')' {
			return cat(subs...)
		}
		if n := p.atom(); n != nil {
			subs = append(subs, p.repeated(n))
		}
	}
}

// blank steps over comments, and under /x over white space.
func (p *parser) blank() {
	for p.more() {
		switch c := p.src[p.pos]; {
		case p.peek("(?#"):
			at := p.pos
			if _, ok := p.until(")"); !ok {
				p.fail(at, "comment without an end")
			}
		case p.extended && strings.IndexByte(" \t\n\v\f\r\x85", c) >= 0:
			p.pos++
		case p.extended && c == '#':
			if _, ok := p.until("\n"); !ok {
				p.pos = len(p.src)
			}
		default:
			return
		}
	}
}

// atom reads what a quantifier may follow; nil is modifiers for the rest of the group.
func (p *parser) atom() *node {
	at := p.pos
	c := p.src[at]
	p.pos++
	switch c {
	case '(':
		return p.group()
	case '[':
		return p.class()
	case '\\':
		n := p.escape()
		p.checkBrace(at)
		return n
	case '.':
		s := set{}.negated()
		if !p.dotAll {
			s = setOf("\n").negated()
		}
		return single(s)
	case '^':
		return p.anchor(atStart, atLineStart)
	case '$':
		return p.anchor(beforeEnd, atLineEnd)
	case '*', '+', '?':
		p.fail(at, "quantifier follows nothing")
	}
	return p.literal(c)
}

func (p *parser) anchor(once, everyLine assert) *node {
	if p.multi {
		return assertion(everyLine)
	}
	return assertion(once)
}

func (p *parser) literal(c byte) *node {
	var s set
	s.add(c)
	if p.fold {
		s = s.folded()
	}
	return single(s)
}
