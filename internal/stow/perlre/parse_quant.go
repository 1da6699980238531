package perlre

// maxRepeat is Perl's largest number of repetitions.
const maxRepeat = 65534

// repeated reads the quantifier that may follow n.
func (p *parser) repeated(n *node) *node {
	keeps := p.pos == p.kept
	p.blank()
	at := p.pos
	lo, hi, ok := p.quantifier()
	if !ok {
		return n
	}
	if keeps && hi == unlimited {
		p.fail(at, "\\K cannot be repeated")
	}
	r := &node{op: opRepeat, min: lo, max: hi, subs: []*node{n}}
	p.blank()
	switch {
	case p.take("?"):
		r.greed = least
	case p.take("+"):
		r = atomic(r)
	}
	p.blank()
	at = p.pos
	if _, _, again := p.quantifier(); again {
		p.fail(at, "nested quantifiers")
	}
	if hi != unlimited && lo > hi { // Perl warns, and never matches
		return &node{op: opFail}
	}
	return r
}

func (p *parser) quantifier() (lo, hi int, ok bool) {
	switch {
	case p.take("*"):
		return 0, unlimited, true
	case p.take("+"):
		return 1, unlimited, true
	case p.take("?"):
		return 0, 1, true
	case p.peek("{"):
		return p.counted()
	}
	return 0, 0, false
}

// counted reads {n}, {n,}, {n,m} or {,m}; anything else in braces is literal.
func (p *parser) counted() (lo, hi int, ok bool) {
	start := p.pos
	p.pos++
	p.spaces()
	lo, hasLo := p.number()
	p.spaces()
	hi, comma := lo, p.take(",")
	if comma {
		p.spaces()
		var hasHi bool
		if hi, hasHi = p.number(); !hasHi {
			hi = unlimited
		}
		p.spaces()
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
	if p.pos != at+2 || !letters.has(p.src[at+1]) || !p.peek("{") {
		return
	}
	start := p.pos
	_, _, ok := p.counted()
	if p.pos = start; !ok {
		p.fail(start, "{ must be escaped here")
	}
}

func (p *parser) spaces() {
	for p.take(" ") || p.take("\t") {
	}
}

// number reads digits; more than Perl could mean comes back as a large number.
func (p *parser) number() (n int, ok bool) {
	start := p.pos
	for p.more() && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		n, ok = min(n*10+int(p.src[p.pos]-'0'), 1<<24), true
		p.pos++
	}
	if p.pos > start+1 && p.src[start] == '0' {
		p.fail(start, "a number with a leading zero")
	}
	return n, ok
}
