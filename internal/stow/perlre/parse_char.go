package perlre

import (
	"strconv"
	"strings"
)

// character reads an escape for one byte, after its backslash. The letters of
// refused have meanings that bytes cannot have.
func (p *parser) character(at int, refused string) byte {
	c := p.src[p.pos]
	p.pos++
	switch c {
	case 'a':
		return 7
	case 'e':
		return 27
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'c':
		return p.control(at)
	case 'x':
		return p.hex(at)
	case 'o':
		if !p.take("{") {
			p.fail(at, "\\o needs braces")
		}
		return p.braced(at, 8)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		p.pos--
		return p.octal(at)
	}
	if strings.IndexByte(refused, c) >= 0 {
		p.fail(at, "\\%c is not supported: patterns match bytes", c)
	}
	return c // \. and, as Perl warns, any letter that means nothing
}

func (p *parser) control(at int) byte {
	if !p.more() || p.src[p.pos] < ' ' || p.src[p.pos] > '~' {
		p.fail(at, "\\c needs a printable character")
	}
	c := p.src[p.pos]
	p.pos++
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c ^ 64
}

func (p *parser) hex(at int) byte {
	if p.take("{") {
		return p.braced(at, 16)
	}
	return byte(p.digits(2, 16))
}

func (p *parser) octal(at int) byte {
	n := p.digits(3, 8)
	if n > 255 {
		p.fail(at, "a character above \\377 is no byte")
	}
	return byte(n)
}

// digits reads up to so many digits; none at all are 0.
func (p *parser) digits(most, base int) (n int) {
	for range most {
		if !p.more() {
			break
		}
		d, err := strconv.ParseUint(p.src[p.pos:p.pos+1], base, 8)
		if err != nil {
			break
		}
		n = n*base + int(d)
		p.pos++
	}
	return n
}

// braced reads the number in \x{...} or \o{...}, which blanks may surround; it
// ends, as Perl warns, at the first character that is no digit.
func (p *parser) braced(at, base int) byte {
	text, ok := p.until("}")
	if !ok {
		p.fail(at, "} is missing")
	}
	text = strings.Trim(text, " \t")
	if text == "" && base == 8 {
		p.fail(at, "\\o{} is empty")
	}
	n := 0
	for i := range len(text) {
		d, err := strconv.ParseUint(text[i:i+1], base, 8)
		single := text[i] == '_' && i > 0 && text[i-1] != '_'
		if err != nil && !single {
			break
		}
		if err == nil {
			n = min(n*base+int(d), 256)
		}
	}
	if n > 255 {
		p.fail(at, "a character above \\xff is no byte")
	}
	return byte(n)
}
