package perlre

import "errors"

// ErrBudget reports that a match was given up: a pattern that takes so long on a file name is a mistake or an attack.
var ErrBudget = errors.New("the pattern takes too long to match: it backtracks too much")

const (
	maxSteps = 1 << 20
	maxCalls = 1 << 17 // the maximal recursion of the matcher: some 30 MB
)

// matcher matches a tree by backtracking. Each function calls next, the rest of the match after a node, with every
// position at which the node may end, until it returns true.
type matcher struct {
	subject string
	caps    []int // for each group from 0, where it begins and ends; -1: unset
	steps   int
	calls   int
}

// next matches the rest after a node.
type next func(pos int) bool

// search reports whether the tree matches anywhere in the subject.
func search(root *node, groups int, subject string) (bool, error) {
	m := &matcher{subject: subject, caps: make([]int, 2*(groups+1))}
	for start := 0; start <= len(subject); start++ {
		for i := range m.caps {
			m.caps[i] = -1
		}
		found := m.match(root, start, func(int) bool { return true })
		if m.isSpent() {
			return false, ErrBudget
		}
		if found || root.isAnchored() {
			return found, nil
		}
	}
	return false, nil
}

func (m *matcher) isSpent() bool { return m.steps > maxSteps }

func (m *matcher) match(n *node, pos int, then next) bool {
	m.steps++
	m.calls++
	if m.calls > maxCalls {
		m.steps = maxSteps + 1
	}
	ok := !m.isSpent() && m.matchNode(n, pos, then)
	m.calls--
	return ok
}

func (m *matcher) matchNode(n *node, pos int, then next) bool {
	switch n.op {
	case opEmpty:
		return then(pos)
	case opSet:
		return pos < len(m.subject) && n.set.has(m.subject[pos]) && then(pos+1)
	case opCat:
		return m.matchAll(n.subs, pos, then)
	case opAlt:
		for _, s := range n.subs {
			if m.match(s, pos, then) {
				return true
			}
		}
	case opRepeat:
		if n.subs[0].op == opSet {
			return m.matchRun(n, pos, then)
		}
		return m.matchRounds(n, 0, -1, pos, then)
	case opGroup:
		return m.match(n.subs[0], pos, func(end int) bool { return m.capture(n.group, pos, end, then) })
	case opAssert:
		return m.holds(n.assert, pos) && then(pos)
	case opBack:
		end, ok := m.repeatGroup(n, pos)
		return ok && then(end)
	case opLook, opAtomic:
		return m.matchOnce(n, pos, then)
	}
	return false
}

func (m *matcher) matchAll(list []*node, pos int, then next) bool {
	if len(list) == 1 {
		return m.match(list[0], pos, then)
	}
	return m.match(list[0], pos, func(end int) bool { return m.matchAll(list[1:], end, then) })
}

// matchRun matches a repetition of one byte.
func (m *matcher) matchRun(n *node, pos int, then next) bool {
	limit := len(m.subject) - pos
	if n.max != unlimited {
		limit = min(limit, n.max)
	}
	fits := func(i int) bool { return n.subs[0].set.has(m.subject[pos+i]) }
	has := 0
	for has < limit && (!n.lazy || has < n.min) && fits(has) {
		has++
	}
	m.steps += has >> 3
	if has < n.min {
		return false
	}
	if n.lazy {
		for !then(pos + has) {
			if has == limit || m.isSpent() || !fits(has) {
				return false
			}
			has++
		}
		return true
	}
	for ; has >= n.min && !m.isSpent(); has-- {
		if m.steps++; then(pos + has) {
			return true
		}
	}
	return false
}

// matchRounds matches the rounds of a loop from round number count on; last is the start of the previous round. A round
// that matched nothing is the last.
func (m *matcher) matchRounds(n *node, count, last, pos int, then next) bool {
	if last == pos || count == n.max {
		return then(pos)
	}
	round := func() bool {
		return m.match(n.subs[0], pos, func(end int) bool { return m.matchRounds(n, count+1, pos, end, then) })
	}
	switch {
	case count < n.min:
		return round()
	case n.lazy:
		return then(pos) || round()
	}
	return round() || !m.isSpent() && then(pos)
}

// capture sets a group for the rest of the match.
func (m *matcher) capture(group, pos, end int, then next) bool {
	c := m.caps[2*group : 2*group+2]
	before := [2]int(c)
	c[0], c[1] = pos, end
	if then(end) {
		return true
	}
	copy(c, before[:])
	return false
}

// matchOnce matches the first way of an atomic group or of a look-around. Its captures stay for the rest.
func (m *matcher) matchOnce(n *node, pos int, then next) bool {
	before := append([]int(nil), m.caps...)
	end, ok := m.findEnd(n, pos)
	if n.op == opLook {
		end, ok = pos, ok != n.negative
	}
	if ok && !m.isSpent() && then(end) {
		return true
	}
	copy(m.caps, before)
	return false
}

// findEnd returns the end of the first match of n's sub: one that begins at pos or, with behind, one that ends there.
func (m *matcher) findEnd(n *node, pos int) (end int, ok bool) {
	if !n.behind {
		ok = m.match(n.subs[0], pos, func(e int) bool { end = e; return true })
		return end, ok
	}
	for start := pos; start >= max(0, pos-n.max) && !ok; start-- {
		ok = m.match(n.subs[0], start, func(e int) bool { return e == pos })
	}
	return pos, ok
}

// repeatGroup matches the text that a group has captured.
func (m *matcher) repeatGroup(n *node, pos int) (end int, ok bool) {
	start, stop := m.caps[2*n.group], m.caps[2*n.group+1]
	if start < 0 || len(m.subject)-pos < stop-start {
		return 0, false
	}
	m.steps += (stop - start) >> 3
	for i := range stop - start {
		a, b := m.subject[start+i], m.subject[pos+i]
		if a != b && (!n.fold || toLower(a) != toLower(b)) {
			return 0, false
		}
	}
	return pos + stop - start, true
}

func toLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func (m *matcher) holds(a assert, pos int) bool {
	s := m.subject
	switch a {
	case atStart:
		return pos == 0
	case atEnd:
		return pos == len(s)
	case beforeEnd:
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case atLineStart:
		return pos == 0 || pos < len(s) && s[pos-1] == '\n'
	case atLineEnd:
		return pos == len(s) || s[pos] == '\n'
	}
	word, _ := classOf('w')
	before := pos > 0 && word.has(s[pos-1])
	after := pos < len(s) && word.has(s[pos])
	return (before != after) == (a == atBoundary)
}
