package perlre

import "regexp/syntax"

// set is a set of bytes.
type set [4]uint64

func (s *set) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *set) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

func (s *set) addRange(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s.add(byte(b))
	}
}

func (s *set) union(o set) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s set) negated() set {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

// folded is the set with the other case of each of its ASCII letters.
func (s set) folded() set {
	const letters = 0x07fffffe // of a half word: '@'+1 to '@'+26
	upper, lower := s[1]&letters, s[1]>>32&letters
	s[1] |= upper<<32 | lower
	return s
}

func setOf(chars string) set {
	var s set
	for i := range len(chars) {
		s.add(chars[i])
	}
	return s
}

// ranges makes a set of pairs: "azAZ" is all ASCII letters.
func ranges(pairs string) set {
	var s set
	for i := 0; i+1 < len(pairs); i += 2 {
		s.addRange(pairs[i], pairs[i+1])
	}
	return s
}

// classOf returns the set of an escape such as \d.
func classOf(letter byte) (set, bool) {
	switch letter {
	case 'd':
		return ranges("09"), true
	case 'w':
		return ranges("09AZaz__"), true
	case 's':
		return setOf(" \t\n\v\f\r"), true
	case 'h': // the two that Perl widens beyond ASCII whatever the rules
		return setOf(" \t\xa0"), true
	case 'v':
		return setOf("\n\v\f\r\x85"), true
	case 'D', 'W', 'S', 'H', 'V':
		s, _ := classOf(letter + 'a' - 'A')
		return s.negated(), true
	}
	return set{}, false
}

// posixClass is the set of a class such as [:alpha:]. Those of Go are Perl's in ASCII.
func posixClass(name string) (s set, ok bool) {
	re, err := syntax.Parse("[[:"+name+":]]", syntax.Perl)
	if err != nil {
		return s, false
	}
	for i := 0; i < len(re.Rune); i += 2 {
		s.addRange(byte(re.Rune[i]), byte(re.Rune[i+1]))
	}
	return s, true
}
