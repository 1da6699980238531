package perlre

import "strings"

// group reads what follows an opening parenthesis.
func (p *parser) group() *node {
	open := p.pos - 1
	if p.depth++; p.depth > maxDepth {
		p.fail(open, "groups nest more than %d deep", maxDepth)
	}
	saved := p.flags
	n, keep := p.groupBody(open)
	if !keep {
		p.flags = saved
	}
	p.depth--
	return n
}

// groupBody reads a group to its end; keep means that it held modifiers for
// the pattern behind it.
func (p *parser) groupBody(open int) (n *node, keep bool) {
	switch {
	case p.take("*"):
		return p.verb(open), false
	case !p.take("?"):
		if p.noCapture {
			return p.inner(open, false), false
		}
		return p.captured(open, ""), false
	case p.take(":"):
		return p.inner(open, false), false
	case p.take("|"):
		return p.inner(open, true), false
	case p.take(">"):
		return atomic(p.inner(open, false)), false
	case p.take("="):
		return p.look(open, false, false), false
	case p.take("!"):
		return p.look(open, false, true), false
	case p.take("<="):
		return p.look(open, true, false), false
	case p.take("<!"):
		return p.look(open, true, true), false
	case p.take("P<"), p.take("<"):
		return p.captured(open, p.name(">")), false
	case p.take("'"):
		return p.captured(open, p.name("'")), false
	case p.take("P="):
		return p.named(open, ")"), false
	case p.take("("):
		return p.conditional(open), false
	}
	return p.modified(open)
}

// inner reads alternatives and the parenthesis that closes the group.
func (p *parser) inner(open int, reset bool) *node {
	n := p.alternatives(reset)
	if !p.take(")") {
		p.fail(open, "unmatched (")
	}
	return n
}

func (p *parser) captured(open int, name string) *node {
	p.groups++
	number := p.groups
	if name != "" {
		if p.names == nil {
			p.names = map[string][]int{}
		}
		p.names[name] = append(p.names[name], number)
	}
	return &node{op: opGroup, groups: []int{number}, subs: []*node{p.inner(open, false)}}
}

// name reads a group's name and what ends it.
func (p *parser) name(end string) string {
	at := p.pos
	name, ok := p.until(end)
	if !ok {
		p.fail(at, "the name of a group has no end")
	}
	p.checkName(at, name)
	return name
}

func (p *parser) checkName(at int, name string) {
	word, _ := classOf('w')
	for i := range len(name) {
		if !word.has(name[i]) {
			p.fail(at, "the name of a group consists of letters, digits and _")
		}
	}
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		p.fail(at, "the name of a group starts with a letter or _")
	}
}

// named reads the name in a back-reference.
func (p *parser) named(at int, end string) *node {
	return p.reference(at, p.name(end))
}

func (p *parser) reference(at int, name string) *node {
	n := &node{op: opBack, fold: p.fold}
	p.later = append(p.later, reference{at: at, name: name, node: n})
	return n
}

func (p *parser) look(open int, behind, negative bool) *node {
	p.looks++
	sub := p.inner(open, false)
	p.looks--
	n := &node{op: opLook, behind: behind, negative: negative, subs: []*node{sub}}
	if behind {
		if n.min, n.max = sub.width(); n.max == unlimited {
			p.fail(open, "cannot look back more than %d bytes", widest)
		}
	}
	return n
}

// verb reads (*NAME) and (*name:pattern).
func (p *parser) verb(open int) *node {
	start := p.pos
	for p.more() && !strings.ContainsRune(":)", rune(p.src[p.pos])) {
		p.pos++
	}
	name := p.src[start:p.pos]
	switch {
	case p.take(":"):
		switch name {
		case "pla", "positive_lookahead":
			return p.look(open, false, false)
		case "nla", "negative_lookahead":
			return p.look(open, false, true)
		case "plb", "positive_lookbehind":
			return p.look(open, true, false)
		case "nlb", "negative_lookbehind":
			return p.look(open, true, true)
		case "atomic":
			return atomic(p.inner(open, false))
		}
	case p.take(")") && (name == "FAIL" || name == "F"):
		return &node{op: opFail}
	}
	p.fail(open, "(*%s is not supported", name)
	return nil
}

// conditional reads (?(test)yes|no), from the test.
func (p *parser) conditional(open int) *node {
	n := &node{op: opCond}
	at := p.pos
	switch number, ok := p.number(); {
	case ok && number == 0:
		p.fail(at, "there is no group 0")
	case ok:
		n.groups = []int{number} // which need not exist
		p.close(at)
	case p.take("<"):
		p.later = append(p.later, reference{at: at, name: p.name(">"), node: n})
		p.close(at)
	case p.take("'"):
		p.later = append(p.later, reference{at: at, name: p.name("'"), node: n})
		p.close(at)
	case p.peek("?=") || p.peek("?!") || p.peek("?<=") || p.peek("?<!"):
		n.test = p.group()
	default:
		p.fail(at, "this condition is not supported")
	}
	n.subs = []*node{p.sequence(), {op: opEmpty}}
	if p.take("|") {
		n.subs[1] = p.sequence()
	}
	if p.peek("|") {
		p.fail(p.pos, "a condition has two branches")
	}
	if !p.take(")") {
		p.fail(open, "unmatched (")
	}
	return n
}

func (p *parser) close(at int) {
	if !p.take(")") {
		p.fail(at, "condition without an end")
	}
}
