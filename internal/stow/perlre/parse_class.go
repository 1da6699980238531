package perlre

import "strings"

// parseClass reads a bracketed class, from what follows the bracket.
func (p *parser) parseClass() *node {
	open := p.pos - 1
	negate := p.take("^")
	var s set
	for first := true; ; first = false {
		if !p.hasMore() {
			p.fail(open, "unmatched [")
		}
		if !first && p.take("]") {
			break
		}
		p.parseElement(open, &s)
	}
	if p.fold {
		s = s.folded()
	}
	if negate {
		s = s.negated()
	}
	return single(s)
}

// parseElement reads a byte, a range or a class within brackets.
func (p *parser) parseElement(open int, s *set) {
	at := p.pos
	lo, group := p.parseMember(open, s)
	if !p.isNext("-") {
		p.addMember(s, lo, group)
		return
	}
	p.pos++
	switch {
	case !p.hasMore():
		p.fail(open, "unmatched [")
	case p.isNext("]") || group:
		// The hyphen is literal.
		p.addMember(s, lo, group)
		s.add('-')
		return
	}
	hi, group := p.parseMember(open, s)
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

// parseMember reads a byte, or adds a class to s.
func (p *parser) parseMember(open int, s *set) (c byte, group bool) {
	at := p.pos
	c = p.src[p.pos]
	switch {
	case c == '[' && p.parsePosix(s):
		return 0, true
	case c != '\\':
		p.pos++
		return c, false
	}
	p.pos++
	if !p.hasMore() {
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
	return p.parseChar(at, "pPNo"), false
}

// parsePosix reads a class such as [:alpha:]; a bracket that begins none is literal.
func (p *parser) parsePosix(s *set) bool {
	rest := p.src[p.pos+1:]
	if rest == "" || strings.IndexByte(":.=", rest[0]) < 0 {
		return false
	}
	end := strings.Index(rest[1:], rest[:1]+"]")
	if end <= 0 {
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
