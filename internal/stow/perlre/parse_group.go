package perlre

import "strings"

// parseGroup reads a group, starting after its parenthesis; nil: modifiers for the rest of the enclosing group.
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

// parseInner reads the alternatives and the closing parenthesis of a group.
func (p *parser) parseInner(open int) *node {
	n := p.parseAlternatives()
	if !p.take(")") {
		p.fail(open, "unmatched (")
	}
	return n
}

func (p *parser) parseCapture(open int, name string) *node {
	p.opened++
	n := &node{op: opGroup, group: p.opened}
	if name != "" {
		if p.names[name] > 0 {
			p.fail(open, "a second group %q is not supported", name)
		}
		p.names[name] = n.group
	}
	n.subs = []*node{p.parseInner(open)}
	return n
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

// parseModifiers reads (?flags) and (?flags:pattern), starting at the flags. For (?flags) it returns nil, and the flags
// stay in force.
func (p *parser) parseModifiers(open int) *node {
	if p.take("^") {
		p.flags = flags{}
		if p.isNext("-") {
			p.fail(p.pos, "(?^- is not a group")
		}
	}
	on := true
	seen := ""
	for p.hasMore() {
		at := p.pos
		p.pos++
		switch c := p.src[at]; c {
		case ')':
			return nil
		case ':':
			return p.parseInner(open)
		case '-':
			if !on {
				p.fail(at, "a second - in a group's modifiers")
			}
			on = false
		default:
			p.setModifier(at, c, on)
			if seen += string(c); on {
				p.checkModifiers(at, seen)
			}
		}
	}
	p.fail(open, "group without an end")
	return nil
}

// checkModifiers refuses combinations of modifiers that Perl refuses.
func (p *parser) checkModifiers(at int, seen string) {
	as, ds := strings.Count(seen, "a"), strings.Count(seen, "d")
	if as > 2 || ds > 1 || as*ds > 0 {
		p.fail(at, "the modifier %c does not belong here", p.src[at])
	}
	if strings.Count(seen, "x") > 1 {
		p.fail(at, "the modifier xx is not supported")
	}
}

func (p *parser) setModifier(at int, c byte, on bool) {
	switch c {
	case 'i':
		p.fold = on
	case 'm':
		p.multi = on
	case 's':
		p.dotAll = on
	case 'n':
		p.noCapture = on
	case 'x':
		p.extended = on
	case 'a', 'd':
		if !on {
			p.fail(at, "the modifier %c does not belong here", c)
		}
	case 'p', 'o', 'g', 'c': // without meaning here, as Perl also warns
	case 'l', 'u':
		p.fail(at, "the modifier %c is not supported: patterns match bytes", c)
	case 'R', '&', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.fail(at, "recursion is not supported")
	case '{', '?':
		p.fail(at, "code in a pattern is not supported")
	case '(', '|', '\'', 'P':
		p.fail(at, "(?%c is not supported", c)
	default:
		p.fail(at, "(?%c is not a group", c)
	}
}
