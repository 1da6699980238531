package perlre

import "math"

// step executes one instruction; false is that it does not match.
func (m *matcher) step(pc, pos int32) (int32, int32, bool) {
	i := &m.insts[pc]
	switch i.code {
	case cSet:
		if int(pos) < len(m.subject) && i.set.has(m.subject[pos]) {
			return pc + 1, pos + 1, true
		}
	case cRun:
		return m.bytes(i, pc, pos)
	case cJump:
		return i.x, pos, true
	case cSplit:
		m.push(frame{kind: fRetry, pc: i.y, pos: pos})
		return i.x, pos, true
	case cOpen:
		m.setReg(3*i.n+2, pos)
		return pc + 1, pos, true
	case cClose:
		m.setReg(3*i.n, m.regs[3*i.n+2])
		m.setReg(3*i.n+1, pos)
		return pc + 1, pos, true
	case cAssert:
		return pc + 1, pos, m.holds(i.assert, int(pos))
	case cBack:
		end, ok := m.repeatsGroup(i, pos)
		return pc + 1, end, ok
	case cInit, cLoop, cEnter:
		return m.loop(i, pc, pos)
	case cAtomic:
		base := len(m.stack)
		end, ok := m.run(pc+1, pos, -1)
		m.commit(base)
		return i.x, end, ok
	case cLook:
		return m.branch(i, pos, m.looks(i, pc, pos))
	case cIf:
		return m.branch(i, pos, m.firstSet(i.groups) > 0)
	}
	return 0, 0, false // cFail, and a cDone elsewhere than it must be
}

func (m *matcher) branch(i *inst, pos int32, yes bool) (int32, int32, bool) {
	if yes {
		return i.x, pos, i.x != nowhere
	}
	return i.y, pos, i.y != nowhere
}

// bytes matches a run of bytes of one set.
func (m *matcher) bytes(i *inst, pc, pos int32) (int32, int32, bool) {
	limit := i.max
	if i.max == unlimited {
		limit = math.MaxInt32
	}
	stop := limit
	if i.greed == least {
		stop = i.min
	}
	n := int32(0)
	for n < stop && int(pos+n) < len(m.subject) && i.set.has(m.subject[pos+n]) {
		n++
	}
	m.steps += int(n >> 3)
	switch {
	case n < i.min:
		return 0, 0, false
	case i.greed == least && limit > n:
		m.push(frame{kind: fMore, pc: pc, pos: pos + n, more: limit - n})
	case i.greed == most && n > i.min:
		m.push(frame{kind: fLess, pc: pc + 1, pos: pos + n - 1, lo: pos + i.min})
	}
	return pc + 1, pos + n, true
}

// loop begins a loop, or a round, or leaves it. A round that matched nothing
// is the last one.
func (m *matcher) loop(i *inst, pc, pos int32) (int32, int32, bool) {
	count := int32(3*(m.groups+1)) + 2*i.n
	last := count + 1
	switch i.code {
	case cInit:
		m.setReg(count, 0)
		m.setReg(last, -1)
		return pc + 1, pos, true
	case cEnter:
		m.setReg(count, m.regs[count]+1)
		m.setReg(last, pos)
		return pc + 1, pos, true
	}
	n := m.regs[count]
	switch {
	case n < i.min && m.regs[last] != pos:
		return pc + 1, pos, true
	case m.regs[last] == pos || n == i.max:
		return i.x, pos, true
	case i.greed == least:
		m.push(frame{kind: fRetry, pc: pc + 1, pos: pos})
		return i.x, pos, true
	}
	m.push(frame{kind: fRetry, pc: i.x, pos: pos})
	return pc + 1, pos, true
}

// looks tells whether what follows i matches, ahead or behind. What it
// captures stays only if it does.
func (m *matcher) looks(i *inst, pc, pos int32) bool {
	base := len(m.stack)
	if !i.behind {
		_, ok := m.run(pc+1, pos, -1)
		m.commit(base)
		return ok
	}
	for w := i.min; w <= i.max && w <= pos; w++ {
		if _, ok := m.run(pc+1, pos-w, pos); ok {
			m.commit(base)
			return true
		}
	}
	return false
}

// firstSet is the first of groups that has captured anything, or 0.
func (m *matcher) firstSet(groups []int) int {
	for _, g := range groups {
		if g <= m.groups && m.regs[3*g+1] >= 0 {
			return g
		}
	}
	return 0
}

func (m *matcher) repeatsGroup(i *inst, pos int32) (end int32, ok bool) {
	g := m.firstSet(i.groups)
	if g == 0 {
		return 0, false
	}
	text := m.subject[m.regs[3*g]:m.regs[3*g+1]]
	m.steps += len(text) >> 3
	rest := m.subject[pos:]
	if len(rest) < len(text) {
		return 0, false
	}
	for j := range len(text) {
		a, b := text[j], rest[j]
		if a != b && (!i.fold || lower(a) != lower(b)) {
			return 0, false
		}
	}
	return pos + int32(len(text)), true
}

func lower(c byte) byte {
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
