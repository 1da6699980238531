package perlre

import "strings"

// parseGroup reads what follows an opening parenthesis; nil is modifiers for
// the rest of the group around it.
func (p *parser) parseGroup() *node {
	open := p.pos - 1
	if p.depth++; p.depth > maxDepth {
		p.fail(open, "groups nest more than %d deep", maxDepth)
	}
	saved := p.flags
	n := p.parseGroupBody(open)
	if n != nil {
		p.flags = saved
	}
	p.depth--
	return n
}

func (p *parser) parseGroupBody(open int) *node {
	switch {
	case p.isNext("*"):
		return p.parseVerb(open)
	case !p.take("?"):
		if p.noCapture {
			return p.parseInner(open)
		}
		return p.parseCapture(open, "")
	case p.take(":"):
		return p.parseInner(open)
	case p.take(">"):
		return atomic(p.parseInner(open))
	case p.take("="):
		return p.parseLook(open, false, false)
	case p.take("!"):
		return p.parseLook(open, false, true)
	case p.take("<="):
		return p.parseLook(open, true, false)
	case p.take("<!"):
		return p.parseLook(open, true, true)
	case p.take("P<"), p.take("<"):
		return p.parseCapture(open, p.takeName(">"))
	}
	return p.parseModifiers(open)
}

// parseInner reads alternatives and the parenthesis that closes the group.
func (p *parser) parseInner(open int) *node {
	n := p.parseAlternatives()
	if !p.take(")") {
		p.fail(open, "unmatched (")
	}
	return n
}

func (p *parser) parseCapture(open int, name string) *node {
	number, ok := p.groups.open(name)
	if !ok {
		p.fail(open, "a second group %q is not supported", name)
	}
	return &node{op: opGroup, group: number, subs: []*node{p.parseInner(open)}}
}

func (p *parser) parseLook(open int, behind, negative bool) *node {
	n := &node{op: opLook, behind: behind, negative: negative, subs: []*node{p.parseInner(open)}}
	if behind {
		if n.max = n.subs[0].maxWidth(); n.max == unlimited {
			p.fail(open, "cannot look back more than %d bytes", maxLookBehind)
		}
	}
	return n
}

// parseVerb reads (*FAIL) and (*F).
func (p *parser) parseVerb(open int) *node {
	if p.take("*FAIL)") || p.take("*F)") {
		return &node{op: opFail}
	}
	verb, _, _ := strings.Cut(p.src[p.pos:], ")")
	verb, _, _ = strings.Cut(verb, ":")
	p.fail(open, "(%s is not supported", verb)
	return nil
}

// parseModifiers reads (?flags) and (?flags:pattern), from the flags. With the
// first the answer is nil and the flags stay.
func (p *parser) parseModifiers(open int) *node {
	m := modifierParser{scanner: p.scanner, flags: p.flags}
	hasBody := m.parseModifiers(open)
	p.flags = m.flags
	if hasBody {
		return p.parseInner(open)
	}
	return nil
}
