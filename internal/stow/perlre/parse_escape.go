package perlre

import (
	"strconv"
	"strings"
)

// parseEscape reads an escape outside a class, after the backslash at an offset.
func (p *parser) parseEscape(at int) *node {
	if !p.hasMore() {
		p.fail(at, "\\ at the end")
	}
	c := p.src[p.pos]
	if s, ok := classOf(c); ok {
		p.pos++
		return single(s)
	}
	p.pos++
	switch c {
	case 'A':
		return assertion(atStart)
	case 'z':
		return assertion(atEnd)
	case 'Z':
		return assertion(beforeEnd)
	case 'b', 'B':
		return p.parseBoundary(at, c)
	case 'N':
		return p.parseNotNewline(at)
	case 'k':
		return p.parseNamedBack(at)
	case 'g':
		return p.parseGroupBack(at)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if n := p.parseNumberedBack(at); n != nil {
			return n
		}
	}
	p.pos--
	return p.literalNode(p.parseChar(at, "pPXCKGRo"))
}

func (p *parser) parseBoundary(at int, c byte) *node {
	if p.isNext("{") {
		p.fail(at, "\\%c{...} is not supported: patterns match bytes", c)
	}
	if c == 'b' {
		return assertion(atBoundary)
	}
	return assertion(noBoundary)
}

// parseNotNewline reads \N, which a quantifier may follow, but not a name.
func (p *parser) parseNotNewline(at int) *node {
	if p.isNext("{") && !p.isCountNext() {
		p.fail(at, "names of characters are not supported: patterns match bytes")
	}
	return single(setOf("\n").negated())
}

// parseNamedBack reads \k<name>, from the bracket.
func (p *parser) parseNamedBack(at int) *node {
	switch {
	case p.take("<"):
		return p.backNode(at, 0, p.takeName(">"))
	case p.isNext("'"), p.isNext("{"):
		p.fail(at, "\\k%c is not supported: write \\k<NAME>", p.src[p.pos])
	}
	p.fail(at, "\\k needs the name of a group")
	return nil
}

// parseGroupBack reads \g1, \g-1, \g{1} or \g{-1}.
func (p *parser) parseGroupBack(at int) *node {
	braced := p.take("{")
	relative := p.take("-")
	number, ok := p.takeNumber()
	if braced && (!ok || !p.take("}")) {
		p.fail(at, "\\g{ is not supported with anything but a number")
	}
	if !ok {
		p.fail(at, "\\g needs a group")
	}
	if relative {
		if number > p.opened {
			p.fail(at, "there is no group -%d", number)
		}
		number = p.opened + 1 - number
	}
	if number == 0 || relative && number > p.opened {
		p.fail(at, "there is no group 0")
	}
	return p.backNode(at, number, "")
}

// parseNumberedBack reads \1; nil: an octal character, as which two or more digits count if fewer groups have been
// opened yet.
func (p *parser) parseNumberedBack(at int) *node {
	p.pos = at + 1
	number, _ := p.takeNumber()
	if first := p.src[at+1]; number > 9 && number > p.opened && first < '8' {
		p.pos = at + 2
		return nil
	}
	return p.backNode(at, number, "")
}

// backNode refers back to a group, by its name or else by its number.
func (p *parser) backNode(at, number int, name string) *node {
	n := &node{op: opBack, fold: p.fold, group: number}
	p.backs = append(p.backs, reference{at, name, n})
	return n
}

// reference is a group that must exist at the end of parsing.
type reference struct {
	at   int
	name string // empty: by the number in node
	node *node
}

// resolveBacks resolves references to groups by name, and refuses references to groups that do not exist.
func (p *parser) resolveBacks() {
	for _, r := range p.backs {
		if r.name != "" {
			if r.node.group = p.names[r.name]; r.node.group == 0 {
				p.fail(r.at, "there is no group %q", r.name)
			}
		}
		if r.node.group > p.opened {
			p.fail(r.at, "there is no group %d", r.node.group)
		}
	}
}

// parseChar reads an escape for one byte, inside a class or outside, after the backslash at an offset. refused are the
// letters whose meanings are not supported.
func (s *scanner) parseChar(at int, refused string) byte {
	c := s.src[s.pos]
	s.pos++
	switch c {
	case 'a':
		return '\a'
	case 'e':
		return 0x1b
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'c':
		return s.parseControl(at)
	case 'x':
		return s.parseHex(at)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		s.pos--
		return s.toByte(at, s.takeDigits(3, "01234567"), 8)
	}
	if strings.IndexByte(refused, c) >= 0 {
		why := ""
		if strings.IndexByte("pPNXC", c) >= 0 {
			why = ": patterns match bytes"
		}
		s.fail(at, "\\%c is not supported%s", c, why)
	}
	return c // \. and, as Perl warns, any letter without a meaning
}

func (s *scanner) parseControl(at int) byte {
	if !s.hasMore() || s.src[s.pos] < ' ' || s.src[s.pos] > '~' {
		s.fail(at, "\\c needs a printable character")
	}
	c := s.src[s.pos]
	s.pos++
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c ^ 64
}

// parseHex reads \x41 or \x{41}, starting after the x.
func (s *scanner) parseHex(at int) byte {
	if !s.take("{") {
		return s.toByte(at, s.takeDigits(2, hexDigits), 16)
	}
	text, ok := s.takeUntil("}")
	if !ok {
		s.fail(at, "} is missing")
	}
	text = strings.Trim(text, " \t")
	if strings.Trim(text, hexDigits) != "" {
		s.fail(at, "\\x{%s} is not supported: want hexadecimal digits", text)
	}
	return s.toByte(at, text, 16)
}

const hexDigits = "0123456789abcdefABCDEF"

// toByte converts digits to a byte; no digits are 0.
func (s *scanner) toByte(at int, digits string, base int) byte {
	n, err := strconv.ParseUint("0"+digits, base, 8)
	if err != nil {
		s.fail(at, "a character above \\xff is no byte")
	}
	return byte(n)
}
