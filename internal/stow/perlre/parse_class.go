package perlre

import "strings"

// classParser reads a bracketed class and collects the bytes in it.
type classParser struct {
	*scanner
	open    int // of the bracket
	fold    bool
	members set // so far
}

// parseClass reads a class from what follows the bracket.
func (p *classParser) parseClass() *node {
	negate := p.take("^")
	for first := true; ; first = false {
		if !p.hasMore() {
			p.fail(p.open, "unmatched [")
		}
		if !first && p.take("]") {
			break
		}
		p.parseElement()
	}
	s := p.members
	if p.fold {
		s = s.folded()
	}
	if negate {
		s = s.negated()
	}
	return single(s)
}

// parseElement reads a byte, a range or a class within brackets.
func (p *classParser) parseElement() {
	at := p.pos
	lo, group := p.parseMember()
	if !group {
		p.members.add(lo) // of a range, too
	}
	if !p.take("-") {
		return
	}
	switch {
	case !p.hasMore():
		p.fail(p.open, "unmatched [")
	case p.isNext("]") || group:
		p.members.add('-')
		return
	}
	hi, group := p.parseMember()
	if group {
		p.members.add('-')
		return
	}
	if lo > hi {
		p.fail(at, "the range ends before it begins")
	}
	p.members.addRange(lo, hi)
}

// parseMember reads a byte, or adds the members of a class in the class.
func (p *classParser) parseMember() (c byte, group bool) {
	at := p.pos
	c = p.src[p.pos]
	switch {
	case c == '[' && p.parsePosix():
		return 0, true
	case c != '\\':
		p.pos++
		return c, false
	}
	p.pos++
	if !p.hasMore() {
		p.fail(p.open, "unmatched [")
	}
	if esc, ok := classOf(p.src[p.pos]); ok {
		p.pos++
		p.members.union(esc)
		return 0, true
	}
	if p.take("b") {
		return '\b', false
	}
	return p.parseChar(at, "pPNo"), false
}

// parsePosix reads a class such as [:alpha:]; a bracket that begins none is literal.
func (p *classParser) parsePosix() bool {
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
	p.members.union(class)
	p.pos += len("[") + end + 3
	return true
}
