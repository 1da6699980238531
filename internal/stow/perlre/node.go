package perlre

// op is what a node of the syntax tree matches.
type op uint8

const (
	opEmpty  op = iota
	opFail      // nothing
	opSet       // one byte of set
	opCat       // subs, one after the other
	opAlt       // one of subs, the first that will do
	opRepeat    // subs[0], min to max times
	opGroup     // subs[0], captured as groups[0]
	opAssert    // nothing, where assert holds
	opBack      // what the first of groups that is set has captured
	opLook      // nothing, where subs[0] matches, ahead or behind
	opAtomic    // subs[0], its first way only
	opCond      // subs[0] if a group is set, or if test holds; else subs[1]
)

// assert is a condition on a position.
type assert uint8

const (
	atStart     assert = iota + 1 // \A, ^, \G
	atEnd                         // \z
	beforeEnd                     // $, \Z: the end, or a newline at the end
	atLineStart                   // ^ under /m
	atLineEnd                     // $ under /m
	atBoundary                    // \b
	noBoundary                    // \B
)

// greed is how a repetition chooses.
type greed uint8

const (
	most  greed = iota // a*
	least              // a*?
)

// unlimited is the max of an open repetition.
const unlimited = -1

// node is a piece of a pattern.
type node struct {
	op       op
	assert   assert
	greed    greed
	fold     bool // opBack: letters match in either case
	negative bool // opLook
	behind   bool // opLook
	set      set
	min, max int   // opRepeat: how often. opLook behind: how long
	groups   []int // opGroup, opBack, opCond
	subs     []*node
	test     *node // opCond: the opLook
}

func single(s set) *node       { return &node{op: opSet, set: s} }
func cat(subs ...*node) *node  { return joined(opCat, subs) }
func alt(subs ...*node) *node  { return joined(opAlt, subs) }
func assertion(a assert) *node { return &node{op: opAssert, assert: a} }
func atomic(sub *node) *node   { return &node{op: opAtomic, subs: []*node{sub}} }

func joined(o op, subs []*node) *node {
	switch len(subs) {
	case 0:
		return &node{op: opEmpty}
	case 1:
		return subs[0]
	}
	return &node{op: o, subs: subs}
}

// any tells whether the test holds for a node of the tree.
func (n *node) any(test func(*node) bool) bool {
	if test(n) {
		return true
	}
	for _, s := range n.subs {
		if s.any(test) {
			return true
		}
	}
	return n.test != nil && n.test.any(test)
}

// regular tells whether the tree describes a regular language in words that
// RE2 has.
func (n *node) regular() bool {
	return !n.any(func(n *node) bool { return n.op >= opBack })
}

// minds tells whether a newline at the end of the subject means something
// else to the pattern than it would to RE2.
func (n *node) minds() bool {
	return n.any(func(n *node) bool {
		return n.op == opAssert && (n.assert == beforeEnd || n.assert == atLineStart)
	})
}

// anchored tells whether the tree can match at the start of a subject only.
func (n *node) anchored() bool {
	switch n.op {
	case opAssert:
		return n.assert == atStart
	case opCat, opGroup, opAtomic:
		return n.subs[0].anchored()
	case opAlt:
		for _, s := range n.subs {
			if !s.anchored() {
				return false
			}
		}
		return true
	}
	return false
}
