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
	fold, multi, dotAll, extended, noCapture bool // i m s x n
}

type parser struct {
	src    string
	pos    int
	depth  int
	groups int // opened so far
	names  map[string]int
	later  []reference
	flags
}

// reference is a group that must exist once all is read.
type reference struct {
	at   int
	name string // empty: the number in node
	node *node
}

// stop is the panic by which a parser gives up; parse recovers it.
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
	root = p.parseAlternatives()
	if p.hasMore() {
		p.fail(p.pos, "unmatched )")
	}
	for _, r := range p.later {
		p.resolve(r)
	}
	return root, p.groups, nil
}

func (p *parser) resolve(r reference) {
	if r.name != "" {
		r.node.group = p.names[r.name]
		if r.node.group == 0 {
			p.fail(r.at, "there is no group %q", r.name)
		}
	}
	if r.node.group > p.groups {
		p.fail(r.at, "there is no group %d", r.node.group)
	}
}

func (p *parser) hasMore() bool { return p.pos < len(p.src) }

// isNext reports whether what comes next is text.
func (p *parser) isNext(text string) bool { return strings.HasPrefix(p.src[p.pos:], text) }

// take steps over text if it comes next.
func (p *parser) take(text string) bool {
	if !p.isNext(text) {
		return false
	}
	p.pos += len(text)
	return true
}

// takeUntil steps over everything up to and including end.
func (p *parser) takeUntil(end string) (string, bool) {
	text, _, ok := strings.Cut(p.src[p.pos:], end)
	if ok {
		p.pos += len(text) + len(end)
	}
	return text, ok
}

// parseAlternatives reads up to the end of a group or of the pattern.
func (p *parser) parseAlternatives() *node {
	subs := []*node{p.parseSequence()}
	for p.take("|") {
		subs = append(subs, p.parseSequence())
	}
	return joinNodes(opAlt, subs)
}

func (p *parser) parseSequence() *node {
	var subs []*node
	for {
		p.skipBlank()
		if !p.hasMore() || p.src[p.pos] == '|' || p.src[p.pos] == ')' {
			return joinNodes(opCat, subs)
		}
		if n := p.parseAtom(); n != nil {
			subs = append(subs, p.parseRepeat(n))
		}
	}
}

// skipBlank steps over comments, and under /x over white space.
func (p *parser) skipBlank() {
	for p.hasMore() {
		switch c := p.src[p.pos]; {
		case p.isNext("(?#"):
			at := p.pos
			if _, ok := p.takeUntil(")"); !ok {
				p.fail(at, "comment without an end")
			}
		case p.extended && strings.IndexByte(" \t\n\v\f\r\x85", c) >= 0:
			p.pos++
		case p.extended && c == '#':
			if _, ok := p.takeUntil("\n"); !ok {
				p.pos = len(p.src)
			}
		default:
			return
		}
	}
}

// parseAtom reads what a quantifier may follow; nil is modifiers for the rest of the group.
func (p *parser) parseAtom() *node {
	at := p.pos
	c := p.src[at]
	p.pos++
	switch c {
	case '(':
		return p.parseGroup()
	case '[':
		return p.parseClass()
	case '\\':
		n := p.parseEscape()
		p.checkBrace(at)
		return n
	case '.':
		s := set{}.negated()
		if !p.dotAll {
			s = setOf("\n").negated()
		}
		return single(s)
	case '^':
		return p.anchorNode(atStart, atLineStart)
	case '$':
		return p.anchorNode(beforeEnd, atLineEnd)
	case '*', '+', '?':
		p.fail(at, "quantifier follows nothing")
	}
	return p.literalNode(c)
}

func (p *parser) anchorNode(once, everyLine assert) *node {
	if p.multi {
		return assertion(everyLine)
	}
	return assertion(once)
}

func (p *parser) literalNode(c byte) *node {
	var s set
	s.add(c)
	if p.fold {
		s = s.folded()
	}
	return single(s)
}
