package perlre

import (
	"strconv"
	"strings"
)

// charEscape reads an escape for one byte, inside a class or outside.
type charEscape struct {
	*scanner
	at int // of the backslash
}

// parseChar reads what follows the backslash. The letters of refused
// have meanings that are not supported.
func (e charEscape) parseChar(refused string) byte {
	c := e.src[e.pos]
	e.pos++
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
		return e.parseControl()
	case 'x':
		return e.parseHex()
	case '0', '1', '2', '3', '4', '5', '6', '7':
		e.pos--
		return e.toByte(e.takeDigits(3, "01234567"), 8)
	}
	if strings.IndexByte(refused, c) >= 0 {
		why := ""
		if strings.IndexByte("pPNXC", c) >= 0 {
			why = ": patterns match bytes"
		}
		e.fail(e.at, "\\%c is not supported%s", c, why)
	}
	return c // \. and, as Perl warns, any letter that means nothing
}

func (e charEscape) parseControl() byte {
	if !e.hasMore() || e.src[e.pos] < ' ' || e.src[e.pos] > '~' {
		e.fail(e.at, "\\c needs a printable character")
	}
	c := e.src[e.pos]
	e.pos++
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c ^ 64
}

// parseHex reads \x41 or \x{41}, from behind the x.
func (e charEscape) parseHex() byte {
	if !e.take("{") {
		return e.toByte(e.takeDigits(2, hexDigits), 16)
	}
	text, ok := e.takeUntil("}")
	if !ok {
		e.fail(e.at, "} is missing")
	}
	text = strings.Trim(text, " \t")
	if strings.Trim(text, hexDigits) != "" {
		e.fail(e.at, "\\x{%s} is not supported: want hexadecimal digits", text)
	}
	return e.toByte(text, 16)
}

const hexDigits = "0123456789abcdefABCDEF"

// toByte is the byte with a number; no digits at all are 0.
func (e charEscape) toByte(digits string, base int) byte {
	n, err := strconv.ParseUint("0"+digits, base, 8)
	if err != nil {
		e.fail(e.at, "a character above \\xff is no byte")
	}
	return byte(n)
}
