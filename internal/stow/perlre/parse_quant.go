package perlre

// maxRepeat is Perl's largest number of repetitions.
const maxRepeat = 65534

// parseRepeat reads the quantifier that may follow n.
func (p *parser) parseRepeat(n *node) *node {
	p.skipBlank()
	lo, hi, ok := p.parseQuantifier()
	if !ok {
		return n
	}
	r := &node{op: opRepeat, min: lo, max: hi, subs: []*node{n}}
	p.skipBlank()
	switch {
	case p.take("?"):
		r.lazy = true
	case p.take("+"):
		r = atomic(r)
	}
	p.skipBlank()
	at := p.pos
	if _, _, again := p.parseQuantifier(); again {
		p.fail(at, "nested quantifiers")
	}
	if hi != unlimited && lo > hi { // Perl warns, and never matches
		return &node{op: opFail}
	}
	return r
}

func (p *parser) parseQuantifier() (lo, hi int, ok bool) {
	switch {
	case p.take("*"):
		return 0, unlimited, true
	case p.take("+"):
		return 1, unlimited, true
	case p.take("?"):
		return 0, 1, true
	case p.isNext("{"):
		return p.parseCount()
	}
	return 0, 0, false
}

// parseCount reads {n}, {n,}, {n,m} or {,m}; anything else in braces is literal.
func (p *parser) parseCount() (lo, hi int, ok bool) {
	start := p.pos
	p.pos++
	p.skipSpaces()
	lo, hasLo := p.parseNumber()
	p.skipSpaces()
	hi, comma := lo, p.take(",")
	if comma {
		p.skipSpaces()
		var hasHi bool
		if hi, hasHi = p.parseNumber(); !hasHi {
			hi = unlimited
		}
		p.skipSpaces()
		hasLo = hasLo || hasHi
	}
	if !hasLo || !p.take("}") {
		p.pos = start
		return 0, 0, false
	}
	if lo > maxRepeat || hi > maxRepeat {
		p.fail(start, "repeated more than %d times", maxRepeat)
	}
	return lo, hi, true
}

// checkBrace refuses what Perl refuses, a brace that neither counts nor is
// escaped, after an escaped letter.
func (p *parser) checkBrace(at int) {
	letters := ranges("AZaz")
	if p.pos != at+2 || !letters.has(p.src[at+1]) || !p.isNext("{") {
		return
	}
	start := p.pos
	_, _, ok := p.parseCount()
	if p.pos = start; !ok {
		p.fail(start, "{ must be escaped here")
	}
}

func (p *parser) skipSpaces() {
	for p.take(" ") || p.take("\t") {
	}
}

// parseNumber reads digits; more than Perl could mean comes back as a large number.
func (p *parser) parseNumber() (n int, ok bool) {
	start := p.pos
	for p.hasMore() && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		n, ok = min(n*10+int(p.src[p.pos]-'0'), 1<<24), true
		p.pos++
	}
	if p.pos > start+1 && p.src[start] == '0' {
		p.fail(start, "a number with a leading zero")
	}
	return n, ok
}
