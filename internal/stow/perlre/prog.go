package perlre

// code is what an instruction of the matcher does.
type code uint8

const (
	cSet   code = iota // one byte of set, then the next instruction
	cRun               // min to max bytes of set
	cJump              // go on at x
	cSplit             // go on at x or, should that fail, at y
	cOpen              // group n begins
	cClose             // group n ends
	cAssert
	cBack  // what a group has captured
	cInit  // loop n begins
	cLoop  // another round of loop n, which follows, or on at x
	cEnter // a round of loop n begins
	cLook  // run what follows; go on at x if it matches, at y if not
	cAtomic
	cIf   // go on at x if one of groups is set, at y if not
	cDone // the end of the program, or of what cLook and cAtomic run
	cFail
)

// nowhere is the place to go on at after which there is none.
const nowhere = -1

type inst struct {
	code     code
	assert   assert
	greed    greed
	fold     bool
	behind   bool
	x, y, n  int32
	min, max int32
	set      *set
	groups   []int
}

// program is a pattern for the matcher. Its registers are, for each group
// from 0, where it began, where it ended and where it last opened, and for
// each loop how often it went round and where the last round began.
type program struct {
	insts    []inst
	groups   int
	loops    int32
	anchored bool
}

func compile(root *node, groups int) *program {
	p := &program{groups: groups, anchored: root.anchored()}
	p.node(root)
	p.emit(inst{code: cDone})
	return p
}

func (p *program) emit(i inst) int32 {
	p.insts = append(p.insts, i)
	return int32(len(p.insts) - 1)
}

func (p *program) here() int32 { return int32(len(p.insts)) }

func (p *program) node(n *node) {
	switch n.op {
	case opFail:
		p.emit(inst{code: cFail})
	case opSet:
		p.emit(inst{code: cSet, set: &n.set})
	case opCat:
		for _, s := range n.subs {
			p.node(s)
		}
	case opAlt:
		p.alternatives(n.subs)
	case opRepeat:
		p.repeat(n)
	case opGroup:
		p.emit(inst{code: cOpen, n: int32(n.groups[0])})
		p.node(n.subs[0])
		p.emit(inst{code: cClose, n: int32(n.groups[0])})
	case opAssert:
		p.emit(inst{code: cAssert, assert: n.assert})
	case opBack:
		p.emit(inst{code: cBack, groups: n.groups, fold: n.fold})
	case opLook:
		at := p.look(n)
		p.insts[at].x, p.insts[at].y = p.here(), nowhere
		if n.negative {
			p.insts[at].x, p.insts[at].y = nowhere, p.here()
		}
	case opAtomic:
		at := p.emit(inst{code: cAtomic})
		p.node(n.subs[0])
		p.emit(inst{code: cDone})
		p.insts[at].x = p.here()
	case opCond:
		p.conditional(n)
	}
}

func (p *program) alternatives(subs []*node) {
	var ends []int32
	for i, s := range subs {
		if i == len(subs)-1 {
			p.node(s)
			break
		}
		split := p.emit(inst{code: cSplit})
		p.insts[split].x = p.here()
		p.node(s)
		ends = append(ends, p.emit(inst{code: cJump}))
		p.insts[split].y = p.here()
	}
	for _, e := range ends {
		p.insts[e].x = p.here()
	}
}

func (p *program) repeat(n *node) {
	lo, hi, sub := int32(n.min), int32(n.max), n.subs[0]
	switch {
	case hi == 0:
	case sub.op == opSet:
		p.emit(inst{code: cRun, set: &sub.set, min: lo, max: hi, greed: n.greed})
	case lo == 0 && hi == 1:
		split := p.emit(inst{code: cSplit})
		body := p.here()
		p.node(sub)
		p.insts[split].x, p.insts[split].y = body, p.here()
		if n.greed == least {
			p.insts[split].x, p.insts[split].y = p.here(), body
		}
	default:
		loop := p.loops
		p.loops++
		p.emit(inst{code: cInit, n: loop})
		head := p.emit(inst{code: cLoop, n: loop, min: lo, max: hi, greed: n.greed})
		p.emit(inst{code: cEnter, n: loop})
		p.node(sub)
		p.emit(inst{code: cJump, x: head})
		p.insts[head].x = p.here()
	}
}

func (p *program) look(n *node) int32 {
	at := p.emit(inst{code: cLook, behind: n.behind, min: int32(n.min), max: int32(n.max)})
	p.node(n.subs[0])
	p.emit(inst{code: cDone})
	return at
}

func (p *program) conditional(n *node) {
	var at int32
	if n.test != nil {
		at = p.look(n.test)
	} else {
		at = p.emit(inst{code: cIf, groups: n.groups})
	}
	yes := p.here()
	p.node(n.subs[0])
	end := p.emit(inst{code: cJump})
	no := p.here()
	p.node(n.subs[1])
	p.insts[end].x = p.here()
	p.insts[at].x, p.insts[at].y = yes, no
	if n.test != nil && n.test.negative {
		p.insts[at].x, p.insts[at].y = no, yes
	}
}
