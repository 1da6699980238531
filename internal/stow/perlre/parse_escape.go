package perlre

import (
	"strconv"
	"strings"
)

// parseEscape reads what follows a backslash outside a class.
func (p *parser) parseEscape() *node {
	at := p.pos - 1
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

// parseNotNewline reads \N, which a quantifier may follow but no name.
func (p *parser) parseNotNewline(at int) *node {
	if p.isNext("{") {
		start := p.pos
		_, _, ok := p.parseCount()
		if p.pos = start; !ok {
			p.fail(at, "names of characters are not supported: patterns match bytes")
		}
	}
	return single(setOf("\n").negated())
}

// parseNamedBack reads \k<name>, from the bracket.
func (p *parser) parseNamedBack(at int) *node {
	switch {
	case p.take("<"):
		n := p.backNode(at, 0)
		p.later[len(p.later)-1].name = p.parseName(">")
		return n
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
	number, ok := p.parseNumber()
	if braced && (!ok || !p.take("}")) {
		p.fail(at, "\\g{ is not supported with anything but a number")
	}
	if !ok {
		p.fail(at, "\\g needs a group")
	}
	if relative {
		if number > p.groups {
			p.fail(at, "there is no group -%d", number)
		}
		number = p.groups + 1 - number
	}
	if number == 0 || relative && number > p.groups {
		p.fail(at, "there is no group 0")
	}
	return p.backNode(at, number)
}

// parseNumberedBack reads \1; nil is an octal character, which two digits and
// more are when so many groups have not been opened yet.
func (p *parser) parseNumberedBack(at int) *node {
	p.pos = at + 1
	number, _ := p.parseNumber()
	if first := p.src[at+1]; number > 9 && number > p.groups && first < '8' {
		p.pos = at + 2
		return nil
	}
	return p.backNode(at, number)
}

func (p *parser) backNode(at, number int) *node {
	n := &node{op: opBack, fold: p.fold, group: number}
	p.later = append(p.later, reference{at: at, node: n})
	return n
}

// parseChar reads an escape for one byte, after its backslash. The letters of
// refused have meanings that are not supported.
func (p *parser) parseChar(at int, refused string) byte {
	c := p.src[p.pos]
	p.pos++
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
		return p.parseControl(at)
	case 'x':
		return p.parseHex(at)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		p.pos--
		return p.toByte(at, p.takeDigits(3, "01234567"), 8)
	}
	if strings.IndexByte(refused, c) >= 0 {
		why := ""
		if strings.IndexByte("pPNXC", c) >= 0 {
			why = ": patterns match bytes"
		}
		p.fail(at, "\\%c is not supported%s", c, why)
	}
	return c // \. and, as Perl warns, any letter that means nothing
}

func (p *parser) parseControl(at int) byte {
	if !p.hasMore() || p.src[p.pos] < ' ' || p.src[p.pos] > '~' {
		p.fail(at, "\\c needs a printable character")
	}
	c := p.src[p.pos]
	p.pos++
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c ^ 64
}

// parseHex reads \x41 or \x{41}, from behind the x.
func (p *parser) parseHex(at int) byte {
	if !p.take("{") {
		return p.toByte(at, p.takeDigits(2, hexDigits), 16)
	}
	text, ok := p.takeUntil("}")
	if !ok {
		p.fail(at, "} is missing")
	}
	text = strings.Trim(text, " \t")
	if strings.Trim(text, hexDigits) != "" {
		p.fail(at, "\\x{%s} is not supported: want hexadecimal digits", text)
	}
	return p.toByte(at, text, 16)
}

const hexDigits = "0123456789abcdefABCDEF"

// takeDigits reads up to so many digits.
func (p *parser) takeDigits(most int, of string) string {
	rest := p.src[p.pos:]
	digits := rest[:min(most, len(rest)-len(strings.TrimLeft(rest, of)))]
	p.pos += len(digits)
	return digits
}

// toByte is the byte with a number; no digits at all are 0.
func (p *parser) toByte(at int, digits string, base int) byte {
	n, err := strconv.ParseUint("0"+digits, base, 8)
	if err != nil {
		p.fail(at, "a character above \\xff is no byte")
	}
	return byte(n)
}
