package perlre

// maxRepeat is Perl's largest number of repetitions.
const maxRepeat = 65534

// takeQuantifier steps over a quantifier if one comes next.
func (s *scanner) takeQuantifier() (lo, hi int, ok bool) {
	switch {
	case s.take("*"):
		return 0, unlimited, true
	case s.take("+"):
		return 1, unlimited, true
	case s.take("?"):
		return 0, 1, true
	case s.isNext("{"):
		return s.takeCount()
	}
	return 0, 0, false
}

// takeCount reads {n}, {n,}, {n,m} or {,m}; anything else in braces is literal.
func (s *scanner) takeCount() (lo, hi int, ok bool) {
	start := s.pos
	s.pos++
	s.skipSpaces()
	lo, hasLo := s.takeNumber()
	s.skipSpaces()
	hi, comma := lo, s.take(",")
	if comma {
		s.skipSpaces()
		var hasHi bool
		if hi, hasHi = s.takeNumber(); !hasHi {
			hi = unlimited
		}
		s.skipSpaces()
		hasLo = hasLo || hasHi
	}
	if !hasLo || !s.take("}") {
		s.pos = start
		return 0, 0, false
	}
	if lo > maxRepeat || hi > maxRepeat {
		s.fail(start, "repeated more than %d times", maxRepeat)
	}
	return lo, hi, true
}

// isCountNext reports whether the brace that comes next begins a count.
func (s *scanner) isCountNext() bool {
	start := s.pos
	_, _, ok := s.takeCount()
	s.pos = start
	return ok
}

// checkBrace refuses what Perl refuses, a brace that neither counts nor is
// escaped, after the escaped letter at an offset.
func (s *scanner) checkBrace(at int) {
	letters := ranges("AZaz")
	if s.pos != at+2 || !letters.has(s.src[at+1]) || !s.isNext("{") {
		return
	}
	if !s.isCountNext() {
		s.fail(s.pos, "{ must be escaped here")
	}
}
