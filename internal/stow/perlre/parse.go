package perlre

// maxDepth bounds how deep groups nest: every walk over the tree recurses.
const maxDepth = 250

// maxPattern bounds a pattern, in bytes; a joined ignore list is one pattern.
const maxPattern = 1 << 20

// parser reads alternatives, sequences, groups and quantifiers into nodes.
type parser struct {
	*scanner
	flags
	opened int            // number of capturing groups so far
	names  map[string]int // numbers of the named groups
	backs  []reference    // references to groups
	depth  int            // of groups
}

// parse parses a pattern; groups is its number of capturing groups.
func parse(pattern string) (root *node, groups int, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			root, err = nil, r
		default:
			panic(r)
		}
	}()
	p := &parser{scanner: &scanner{src: pattern}, names: map[string]int{}}
	if len(pattern) > maxPattern {
		p.src = pattern[:64] + "..."
		p.fail(0, "more than %d bytes", maxPattern)
	}
	root = p.parseAlternatives()
	if p.hasMore() {
		p.fail(p.pos, "unmatched )")
	}
	p.resolveBacks()
	return root, p.opened, nil
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
		p.skipBlank(p.extended)
		if !p.hasMore() || p.src[p.pos] == '|' || p.src[p.pos] == ')' {
			return joinNodes(opCat, subs)
		}
		if n := p.parseAtom(); n != nil {
			subs = append(subs, p.parseRepeat(n))
		}
	}
}

// parseRepeat reads the quantifier that may follow n.
func (p *parser) parseRepeat(n *node) *node {
	p.skipBlank(p.extended)
	lo, hi, ok := p.takeQuantifier()
	if !ok {
		return n
	}
	r := &node{op: opRepeat, min: lo, max: hi, subs: []*node{n}}
	p.skipBlank(p.extended)
	switch {
	case p.take("?"):
		r.lazy = true
	case p.take("+"):
		r = atomic(r)
	}
	p.skipBlank(p.extended)
	at := p.pos
	if _, _, again := p.takeQuantifier(); again {
		p.fail(at, "nested quantifiers")
	}
	if hi != unlimited && lo > hi { // Perl warns, and never matches
		return &node{op: opFail}
	}
	return r
}

// parseAtom reads an atom, which a quantifier may follow; nil: modifiers for the rest of the group.
func (p *parser) parseAtom() *node {
	at := p.pos
	c := p.src[at]
	p.pos++
	switch c {
	case '(':
		return p.parseGroup()
	case '[':
		class := classParser{scanner: p.scanner, open: at, fold: p.fold}
		return class.parseClass()
	case '\\':
		n := p.parseEscape(at)
		p.checkBrace(at)
		return n
	case '.':
		if p.dotAll {
			return single(set{}.negated())
		}
		return single(setOf("\n").negated())
	case '^':
		return p.anchorNode(atStart, atLineStart)
	case '$':
		return p.anchorNode(beforeEnd, atLineEnd)
	case '*', '+', '?':
		p.fail(at, "quantifier follows nothing")
	}
	return p.literalNode(c)
}

// flags are the current modifiers.
type flags struct {
	fold, multi, dotAll, extended, noCapture bool // i m s x n
}

// literalNode matches a byte.
func (f flags) literalNode(c byte) *node {
	var s set
	s.add(c)
	if f.fold {
		s = s.folded()
	}
	return single(s)
}

// anchorNode asserts once, or everyLine under /m.
func (f flags) anchorNode(once, everyLine assert) *node {
	if f.multi {
		return assertion(everyLine)
	}
	return assertion(once)
}
