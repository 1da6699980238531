package perlre

import (
	"fmt"
	"strings"
)

// Error is the reason why a pattern is invalid.
type Error struct {
	Pattern string
	Offset  int // of the fault, in bytes
	Reason  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s at byte %d of the pattern %q", e.Reason, e.Offset, e.Pattern)
}

// scanner reads the characters of a pattern and tracks its position.
type scanner struct {
	src string
	pos int
}

// fail ends the parsing by a panic, which parse recovers.
func (s *scanner) fail(at int, format string, args ...any) {
	panic(&Error{s.src, at, fmt.Sprintf(format, args...)})
}

func (s *scanner) hasMore() bool { return s.pos < len(s.src) }

// isNext reports whether text comes next.
func (s *scanner) isNext(text string) bool { return strings.HasPrefix(s.src[s.pos:], text) }

// take skips text if it comes next.
func (s *scanner) take(text string) bool {
	if !s.isNext(text) {
		return false
	}
	s.pos += len(text)
	return true
}

// takeUntil skips everything up to and including end.
func (s *scanner) takeUntil(end string) (string, bool) {
	text, _, ok := strings.Cut(s.src[s.pos:], end)
	if ok {
		s.pos += len(text) + len(end)
	}
	return text, ok
}

// takeDigits reads up to most digits.
func (s *scanner) takeDigits(most int, of string) string {
	rest := s.src[s.pos:]
	digits := rest[:min(most, len(rest)-len(strings.TrimLeft(rest, of)))]
	s.pos += len(digits)
	return digits
}

// takeNumber reads digits; a number beyond Perl's limits is returned as a large one.
func (s *scanner) takeNumber() (n int, ok bool) {
	start := s.pos
	for s.hasMore() && s.src[s.pos] >= '0' && s.src[s.pos] <= '9' {
		n, ok = min(n*10+int(s.src[s.pos]-'0'), 1<<24), true
		s.pos++
	}
	if s.pos > start+1 && s.src[start] == '0' {
		s.fail(start, "a number with a leading zero")
	}
	return n, ok
}

// takeName reads a group's name and its terminator.
func (s *scanner) takeName(end string) string {
	at := s.pos
	name, ok := s.takeUntil(end)
	if !ok {
		s.fail(at, "the name of a group has no end")
	}
	word, _ := classOf('w')
	for i := range len(name) {
		if !word.has(name[i]) {
			s.fail(at, "the name of a group consists of letters, digits and _")
		}
	}
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		s.fail(at, "the name of a group starts with a letter or _")
	}
	return name
}

func (s *scanner) skipSpaces() {
	for s.take(" ") || s.take("\t") {
	}
}

// skipBlank skips comments, and under /x (extended) white space.
func (s *scanner) skipBlank(extended bool) {
	for s.hasMore() {
		switch c := s.src[s.pos]; {
		case s.isNext("(?#"):
			at := s.pos
			if _, ok := s.takeUntil(")"); !ok {
				s.fail(at, "comment without an end")
			}
		case extended && strings.IndexByte(" \t\n\v\f\r\x85", c) >= 0:
			s.pos++
		case extended && c == '#':
			if _, ok := s.takeUntil("\n"); !ok {
				s.pos = len(s.src)
			}
		default:
			return
		}
	}
}

// maxRepeat is Perl's largest number of repetitions.
const maxRepeat = 65534

// takeQuantifier reads a quantifier if one comes next.
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

// isCountNext reports whether the next brace begins a count.
func (s *scanner) isCountNext() bool {
	start := s.pos
	_, _, ok := s.takeCount()
	s.pos = start
	return ok
}

// checkBrace refuses, as Perl does, a brace that is neither a count nor escaped, after the escaped letter at an offset.
func (s *scanner) checkBrace(at int) {
	letters := ranges("AZaz")
	if s.pos != at+2 || !letters.has(s.src[at+1]) || !s.isNext("{") {
		return
	}
	if !s.isCountNext() {
		s.fail(s.pos, "{ must be escaped here")
	}
}
