package perlre

import "slices"

// op is the kind of a node of the syntax tree.
type op uint8

const (
	opEmpty  op = iota
	opFail      // nothing
	opSet       // one byte of set
	opCat       // subs, one after the other
	opAlt       // the first of subs that matches
	opRepeat    // subs[0], min to max times
	opGroup     // subs[0], captured as group
	opAssert    // nothing, if assert holds
	opBack      // the text that group has captured
	opLook      // nothing, if subs[0] matches ahead or behind
	opAtomic    // subs[0], its first way only
)

// assert is a condition on a position.
type assert uint8

const (
	atStart     assert = iota + 1 // \A, ^
	atEnd                         // \z
	beforeEnd                     // $, \Z: the end, or a newline at the end
	atLineStart                   // ^ under /m
	atLineEnd                     // $ under /m
	atBoundary                    // \b
	noBoundary                    // \B
)

// unlimited is the max of an open repetition.
const unlimited = -1

// node is a piece of a pattern.
type node struct {
	op       op
	assert   assert
	lazy     bool // opRepeat: a*?
	fold     bool // opBack: letters match in either case
	negative bool // opLook
	behind   bool // opLook
	set      set
	min, max int // opRepeat: how often. opLook behind: max is how many bytes
	group    int // opGroup, opBack
	subs     []*node
}

func single(s set) *node       { return &node{op: opSet, set: s} }
func assertion(a assert) *node { return &node{op: opAssert, assert: a} }
func atomic(sub *node) *node   { return &node{op: opAtomic, subs: []*node{sub}} }

// joinNodes joins nodes into one.
func joinNodes(o op, subs []*node) *node {
	switch len(subs) {
	case 0:
		return &node{op: opEmpty}
	case 1:
		return subs[0]
	}
	return &node{op: o, subs: subs}
}

// hasAny reports whether test holds for any node of the tree.
func (n *node) hasAny(test func(*node) bool) bool {
	return test(n) || slices.ContainsFunc(n.subs, func(s *node) bool { return s.hasAny(test) })
}

// isRegular reports whether the tree describes a regular language that RE2 can express.
func (n *node) isRegular() bool {
	return !n.hasAny(func(n *node) bool { return n.op >= opBack })
}

// needsLastNewline reports whether a newline at the end of the subject has a different meaning in the pattern than in
// RE2.
func (n *node) needsLastNewline() bool {
	return n.hasAny(func(n *node) bool {
		return n.op == opAssert && (n.assert == beforeEnd || n.assert == atLineStart)
	})
}

// isAnchored reports whether the tree can only match at the start of a subject.
func (n *node) isAnchored() bool {
	switch n.op {
	case opAssert:
		return n.assert == atStart
	case opCat, opGroup, opAtomic:
		return n.subs[0].isAnchored()
	case opAlt:
		return !slices.ContainsFunc(n.subs, func(s *node) bool { return !s.isAnchored() })
	}
	return false
}

// maxWidth returns the greatest number of bytes that n matches, unlimited if that exceeds Perl's look-behind.
func (n *node) maxWidth() int {
	width := 0
	switch n.op {
	case opSet:
		return 1
	case opBack:
		return unlimited
	case opEmpty, opFail, opAssert, opLook:
		return 0
	}
	for _, s := range n.subs {
		w := s.maxWidth()
		switch {
		case w == unlimited:
			return unlimited
		case n.op == opAlt:
			width = max(width, w)
		default:
			width += w
		}
	}
	if n.op == opRepeat && width > 0 {
		if n.max == unlimited {
			return unlimited
		}
		width *= n.max
	}
	if width > maxLookBehind {
		return unlimited
	}
	return width
}

// maxLookBehind is the limit of Perl's look-behind in bytes.
const maxLookBehind = 255
