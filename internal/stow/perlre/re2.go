package perlre

import (
	"strconv"
	"strings"
)

// toRE2 writes a regular tree in the syntax of the package regexp, for subjects
// that hold a rune for each byte and, where the tree needs the last newline, do not end in a
// newline. There $ and \Z are \z.
func toRE2(n *node) string {
	var b strings.Builder
	emitNode(&b, n)
	return b.String()
}

func emitNode(b *strings.Builder, n *node) {
	switch n.op {
	case opEmpty:
		b.WriteString("(?:)")
	case opFail:
		emitSet(b, set{})
	case opSet:
		emitSet(b, n.set)
	case opCat:
		for _, s := range n.subs {
			emitNode(b, s)
		}
	case opAlt:
		b.WriteString("(?:")
		for i, s := range n.subs {
			if i > 0 {
				b.WriteByte('|')
			}
			emitNode(b, s)
		}
		b.WriteByte(')')
	case opGroup:
		emitNode(b, n.subs[0])
	case opRepeat:
		b.WriteString("(?:")
		emitNode(b, n.subs[0])
		b.WriteByte(')')
		emitCount(b, n)
	case opAssert:
		b.WriteString(textOfAssert(n.assert))
	}
}

func emitCount(b *strings.Builder, n *node) {
	switch {
	case n.min == 0 && n.max == unlimited:
		b.WriteByte('*')
	case n.min == 1 && n.max == unlimited:
		b.WriteByte('+')
	case n.min == 0 && n.max == 1:
		b.WriteByte('?')
	default:
		b.WriteString("{" + strconv.Itoa(n.min) + ",")
		if n.max != unlimited {
			b.WriteString(strconv.Itoa(n.max))
		}
		b.WriteByte('}')
	}
	if n.lazy {
		b.WriteByte('?')
	}
}

func textOfAssert(a assert) string {
	switch a {
	case atStart:
		return `\A`
	case atLineStart:
		return `(?m:^)`
	case atLineEnd:
		return `(?m:$)`
	case atBoundary:
		return `\b`
	case noBoundary:
		return `\B`
	}
	return `\z` // atEnd, beforeEnd
}

func emitSet(b *strings.Builder, s set) {
	switch s {
	case set{}:
		b.WriteString(`[^\x00-\x{10FFFF}]`)
		return
	case set{}.negated():
		b.WriteString(`(?s:.)`)
		return
	case setOf("\n").negated():
		b.WriteByte('.')
		return
	}
	if s.count() == 1 {
		for c := range 256 {
			if s.has(byte(c)) {
				emitByte(b, byte(c))
			}
		}
		return
	}
	b.WriteByte('[')
	if s.has(0xff) { // most likely a negated one
		b.WriteByte('^')
		s = s.negated()
	}
	emitRanges(b, s)
	b.WriteByte(']')
}

func emitRanges(b *strings.Builder, s set) {
	for c := 0; c < 256; c++ {
		if !s.has(byte(c)) {
			continue
		}
		first := c
		for c < 255 && s.has(byte(c+1)) {
			c++
		}
		emitByte(b, byte(first))
		if c > first {
			b.WriteByte('-')
			emitByte(b, byte(c))
		}
	}
}

func emitByte(b *strings.Builder, c byte) {
	switch word, _ := classOf('w'); {
	case word.has(c):
		b.WriteByte(c)
	case c > ' ' && c < 0x7f:
		b.WriteByte('\\')
		b.WriteByte(c)
	default:
		b.WriteString(`\x{` + strconv.FormatInt(int64(c), 16) + `}`)
	}
}
