package perlre

import "strings"

// escape reads what follows a backslash outside a class.
func (p *parser) escape() *node {
	at := p.pos - 1
	if !p.more() {
		p.fail(at, "\\ at the end")
	}
	c := p.src[p.pos]
	if s, ok := classOf(c); ok {
		p.pos++
		return single(s)
	}
	p.pos++
	switch c {
	case 'A', 'G': // the search for \G begins at the start
		return assertion(atStart)
	case 'z':
		return assertion(atEnd)
	case 'Z':
		return assertion(beforeEnd)
	case 'b', 'B':
		return p.boundary(at, c)
	case 'K':
		if p.looks > 0 {
			p.fail(at, "\\K does not belong here")
		}
		p.kept = p.pos // it says where the match begins: nothing to us
		return &node{op: opEmpty}
	case 'N':
		return p.notNewline(at)
	case 'R':
		return atomic(alt(cat(p.byteOf('\r'), p.byteOf('\n')), single(setOf("\n\v\f\r\x85"))))
	case 'k':
		return p.namedBack(at)
	case 'g':
		return p.groupBack(at)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if n := p.numbered(at); n != nil {
			return n
		}
	}
	p.pos--
	return p.literal(p.character(at, "pPXC"))
}

func (p *parser) byteOf(c byte) *node {
	var s set
	s.add(c)
	return single(s)
}

func (p *parser) boundary(at int, c byte) *node {
	if p.peek("{") {
		p.fail(at, "\\%c{...} is not supported: patterns match bytes", c)
	}
	if c == 'b' {
		return assertion(atBoundary)
	}
	return assertion(noBoundary)
}

// notNewline is \N, which a quantifier may follow but no name.
func (p *parser) notNewline(at int) *node {
	if p.peek("{") {
		start := p.pos
		_, _, ok := p.counted()
		if p.pos = start; !ok {
			p.fail(at, "names of characters are not supported: patterns match bytes")
		}
	}
	return single(setOf("\n").negated())
}

// namedBack reads \k<name>, \k'name' or \k{name}, from the bracket.
func (p *parser) namedBack(at int) *node {
	switch {
	case p.take("<"):
		return p.named(at, ">")
	case p.take("'"):
		return p.named(at, "'")
	case p.take("{"):
		return p.bracedName(at)
	}
	p.fail(at, "\\k needs the name of a group")
	return nil
}

func (p *parser) bracedName(at int) *node {
	p.spaces()
	text, ok := p.until("}")
	if !ok {
		p.fail(at, "the name of a group has no end")
	}
	name := strings.TrimRight(text, " \t")
	p.checkName(at, name)
	return p.reference(at, name)
}

// groupBack reads \g1, \g-1, \g{1}, \g{-1} or \g{name}.
func (p *parser) groupBack(at int) *node {
	braced := p.take("{")
	if braced {
		p.spaces()
	}
	relative := p.take("-")
	number, ok := p.number()
	if !ok {
		if braced && !relative {
			return p.bracedName(at)
		}
		p.fail(at, "\\g needs a group")
	}
	if braced {
		p.spaces()
		if !p.take("}") {
			p.fail(at, "\\g{ without an end")
		}
	}
	if relative {
		if number > p.groups {
			p.fail(at, "there is no group -%d", number)
		}
		number = p.groups + 1 - number
	}
	if number == 0 || relative && number > p.groups {
		p.fail(at, "there is no group 0")
	}
	return p.back(at, number)
}

// numbered reads \1; nil is an octal character, which two digits and more are
// when so many groups have not been opened yet.
func (p *parser) numbered(at int) *node {
	p.pos = at + 1
	number, _ := p.number()
	if first := p.src[at+1]; number > 9 && number > p.groups && first < '8' {
		p.pos = at + 2
		return nil
	}
	return p.back(at, number)
}

func (p *parser) back(at, number int) *node {
	n := &node{op: opBack, fold: p.fold, groups: []int{number}}
	p.later = append(p.later, reference{at: at, number: number, node: n})
	return n
}
