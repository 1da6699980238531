package perlre

import "errors"

// ErrBudget is that a match was given up: a pattern that takes so long on a
// name of a file is a mistake, or an attack.
var ErrBudget = errors.New("the pattern takes too long to match: it backtracks too much")

const (
	maxSteps  = 1 << 20
	maxFrames = 1 << 18
)

// A matcher runs a program by backtracking, on a stack of its own.
type matcher struct {
	*program
	subject string
	regs    []int32
	stack   []frame
	steps   int
}

// frame is what to do when what came after it fails.
type frame struct {
	kind     kind
	pc, pos  int32 // fRestore: the register and its value
	lo, more int32 // fLess: the least position. fMore: how many bytes more
}

type kind uint8

const (
	fRetry   kind = iota // go on at pc
	fRestore             // a register gets its value back
	fLess                // a run of bytes gives one back, and goes on at pc
	fMore                // the run of bytes at pc takes one more
)

// match tells whether the program matches anywhere in the subject.
func (p *program) match(subject string) (bool, error) {
	if len(subject) > 1<<30 {
		return false, ErrBudget
	}
	m := &matcher{program: p, subject: subject}
	m.regs = make([]int32, 3*(p.groups+1)+2*int(p.loops))
	for start := 0; start <= len(subject); start++ {
		for i := range m.regs {
			m.regs[i] = -1
		}
		m.stack = m.stack[:0]
		if _, ok := m.run(0, int32(start), -1); ok || m.spent() {
			return ok, m.err()
		}
		if p.anchored {
			break
		}
	}
	return false, nil
}

func (m *matcher) spent() bool { return m.steps > maxSteps || len(m.stack) > maxFrames }

func (m *matcher) err() error {
	if m.spent() {
		return ErrBudget
	}
	return nil
}

// run executes from pc to the cDone that belongs to it, and tells where. It
// leaves on the stack what restores the registers; end is where it must
// arrive, unless that is negative.
func (m *matcher) run(pc, pos, end int32) (int32, bool) {
	base := len(m.stack)
	for {
		m.steps++
		if m.spent() {
			return 0, false
		}
		if m.insts[pc].code == cDone && (end < 0 || end == pos) {
			return pos, true
		}
		var ok bool
		if pc, pos, ok = m.step(pc, pos); ok {
			continue
		}
		if pc, pos, ok = m.backtrack(base); !ok {
			return 0, false
		}
	}
}

// backtrack undoes down to the newest choice above base.
func (m *matcher) backtrack(base int) (pc, pos int32, ok bool) {
	for len(m.stack) > base {
		f := &m.stack[len(m.stack)-1]
		switch f.kind {
		case fRestore:
			m.regs[f.pc] = f.pos
		case fLess:
			pc, pos = f.pc, f.pos
			if f.pos--; pos == f.lo {
				m.pop()
			}
			return pc, pos, true
		case fMore:
			i := &m.insts[f.pc]
			if int(f.pos) < len(m.subject) && i.set.has(m.subject[f.pos]) {
				pc, pos = f.pc+1, f.pos+1
				f.pos++
				if f.more--; f.more == 0 {
					m.pop()
				}
				return pc, pos, true
			}
		case fRetry:
			pc, pos = f.pc, f.pos
			m.pop()
			return pc, pos, true
		}
		m.pop()
	}
	return 0, 0, false
}

func (m *matcher) pop()         { m.stack = m.stack[:len(m.stack)-1] }
func (m *matcher) push(f frame) { m.stack = append(m.stack, f) }

func (m *matcher) setReg(r, v int32) {
	m.push(frame{kind: fRestore, pc: r, pos: m.regs[r]})
	m.regs[r] = v
}

// commit forgets the choices above base, but not how to restore registers.
func (m *matcher) commit(base int) {
	kept := m.stack[:base]
	for _, f := range m.stack[base:] {
		if f.kind == fRestore {
			kept = append(kept, f)
		}
	}
	m.stack = kept
}
