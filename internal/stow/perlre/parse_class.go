package perlre

import "strings"

// class reads a bracketed class, from what follows the bracket.
func (p *parser) class() *node {
	open := p.pos - 1
	negate := p.take("^")
	var s set
	for first := true; ; first = false {
		p.classBlank()
		if !p.more() {
			p.fail(open, "unmatched [")
		}
		if !first && p.take("]") {
			break
		}
		p.element(open, &s)
	}
	if p.fold {
		s = s.folded()
	}
	if negate {
		s = s.negated()
	}
	return single(s)
}

// classBlank steps over what /xx lets one write between the elements.
func (p *parser) classBlank() {
	if p.spaced {
		p.spaces()
	}
}

// element reads a byte, a range or a class within brackets.
func (p *parser) element(open int, s *set) {
	at := p.pos
	lo, group := p.member(open, s)
	p.classBlank()
	if !p.peek("-") {
		p.addMember(s, lo, group)
		return
	}
	p.pos++
	p.classBlank()
	switch {
	case !p.more():
		p.fail(open, "unmatched [")
	case p.peek("]") || group:
		// The hyphen is literal.
		p.addMember(s, lo, group)
		s.add('-')
		return
	}
	hi, group := p.member(open, s)
	if group {
		s.add(lo)
		s.add('-')
		return
	}
	if lo > hi {
		p.fail(at, "the range ends before it begins")
	}
	s.addRange(lo, hi)
}

func (p *parser) addMember(s *set, c byte, group bool) {
	if !group {
		s.add(c)
	}
}

// member reads a byte, or adds a class to s.
func (p *parser) member(open int, s *set) (c byte, group bool) {
	at := p.pos
	c = p.src[p.pos]
	switch {
	case c == '[' && p.posix(s):
		return 0, true
	case c != '\\':
		p.pos++
		return c, false
	}
	p.pos++
	if !p.more() {
		p.fail(open, "unmatched [")
	}
	if esc, ok := classOf(p.src[p.pos]); ok {
		p.pos++
		s.union(esc)
		return 0, true
	}
	if p.take("b") {
		return '\b', false
	}
	return p.character(at, "pPN"), false
}

// posix reads a class such as [:alpha:]; a bracket that begins none is literal.
func (p *parser) posix(s *set) bool {
	rest := p.src[p.pos+1:]
	if rest == "" || strings.IndexByte(":.=", rest[0]) < 0 {
		return false
	}
	end := strings.Index(rest[1:], rest[:1]+"]")
	if end < 0 {
		return false
	}
	if end == 0 {
		return false
	}
	name, negate := strings.CutPrefix(rest[1:1+end], "^")
	for _, c := range name {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	class, ok := posixClass(name)
	if !ok || rest[0] != ':' {
		p.fail(p.pos, "there is no class [%s]", rest[:end+2])
	}
	if p.fold { // before the negation, unlike the class around it
		class = class.folded()
	}
	if negate {
		class = class.negated()
	}
	s.union(class)
	p.pos += len("[") + end + 3
	return true
}
