package perlre

import (
	"regexp/syntax"
	"strings"
)

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

// folded returns the set with the other case of each of its ASCII letters.
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

// ranges returns the set of pairs: "azAZ" is all ASCII letters.
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
	case 'h': // Perl always widens these two beyond ASCII
		return setOf(" \t\xa0"), true
	case 'v':
		return setOf("\n\v\f\r\x85"), true
	case 'D', 'W', 'S', 'H', 'V':
		s, _ := classOf(letter + 'a' - 'A')
		return s.negated(), true
	}
	return set{}, false
}

// posixClass returns the set of a class such as [:alpha:]. In ASCII, Go's classes are the same as Perl's.
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

// classParser reads a bracketed class and collects the bytes in it.
type classParser struct {
	*scanner
	open    int // of the bracket
	fold    bool
	members set // so far
}

// parseClass reads a class, starting after the bracket.
func (p *classParser) parseClass() *node {
	negate := p.take("^")
	for first := true; ; first = false {
		if !p.hasMore() {
			p.fail(p.open, "unmatched [")
		}
		if !first && p.take("]") {
			break
		}
		p.parseElement()
	}
	s := p.members
	if p.fold {
		s = s.folded()
	}
	if negate {
		s = s.negated()
	}
	return single(s)
}

// parseElement reads a byte, a range or a class within brackets.
func (p *classParser) parseElement() {
	at := p.pos
	lo, group := p.parseMember()
	if !group {
		p.members.add(lo) // of a range, too
	}
	if !p.take("-") {
		return
	}
	switch {
	case !p.hasMore():
		p.fail(p.open, "unmatched [")
	case p.isNext("]") || group:
		p.members.add('-')
		return
	}
	hi, group := p.parseMember()
	if group {
		p.members.add('-')
		return
	}
	if lo > hi {
		p.fail(at, "the range ends before it begins")
	}
	p.members.addRange(lo, hi)
}

// parseMember reads a byte, or adds the members of a class in the class.
func (p *classParser) parseMember() (c byte, group bool) {
	at := p.pos
	c = p.src[p.pos]
	switch {
	case c == '[' && p.parsePosix():
		return 0, true
	case c != '\\':
		p.pos++
		return c, false
	}
	p.pos++
	if !p.hasMore() {
		p.fail(p.open, "unmatched [")
	}
	if esc, ok := classOf(p.src[p.pos]); ok {
		p.pos++
		p.members.union(esc)
		return 0, true
	}
	if p.take("b") {
		return '\b', false
	}
	return p.parseChar(at, "pPNo"), false
}

// parsePosix reads a class such as [:alpha:]; a bracket that begins none is literal.
func (p *classParser) parsePosix() bool {
	rest := p.src[p.pos+1:]
	if rest == "" || strings.IndexByte(":.=", rest[0]) < 0 {
		return false
	}
	end := strings.Index(rest[1:], rest[:1]+"]")
	if end <= 0 {
		return false
	}
	name, negate := strings.CutPrefix(rest[1:1+end], "^")
	for _, c := range name {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	class, ok := posixClass(name)
	if !ok || rest[0] != ':' {
		p.fail(p.pos, "there is no class [%s]", rest[:end+2])
	}
	if p.fold { // before the negation, unlike the class around it
		class = class.folded()
	}
	if negate {
		class = class.negated()
	}
	p.members.union(class)
	p.pos += len("[") + end + 3
	return true
}
