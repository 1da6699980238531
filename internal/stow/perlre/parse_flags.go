package perlre

// modified reads (?flags) and (?flags:pattern), from the flags. With the first
// the answer is nil and the flags stay.
func (p *parser) modified(open int) (n *node, keep bool) {
	if p.take("^") {
		p.flags = flags{}
		if p.peek("-") {
			p.fail(p.pos, "(?^- is not a group")
		}
	}
	on := true
	var xs, as, ds int
	for p.more() {
		at := p.pos
		p.pos++
		switch c := p.src[at]; c {
		case ')':
			return nil, true
		case ':':
			return p.inner(open, false), false
		case '-':
			if !on {
				p.fail(at, "a second - in a group's modifiers")
			}
			on = false
		case 'x':
			if xs++; !on {
				p.extended, p.spaced = false, false
				break
			}
			p.extended, p.spaced = true, xs > 1
		case 'a', 'd':
			if c == 'a' {
				as++
			} else {
				ds++
			}
			if !on || as > 2 || ds > 1 || as*ds > 0 {
				p.fail(at, "the modifier %c does not belong here", c)
			}
		default:
			p.modifier(at, c, on)
		}
	}
	p.fail(open, "group without an end")
	return nil, false
}

func (p *parser) modifier(at int, c byte, on bool) {
	switch c {
	case 'i':
		p.fold = on
	case 'm':
		p.multi = on
	case 's':
		p.dotAll = on
	case 'n':
		p.noCapture = on
	case 'p', 'o', 'g', 'c': // mean nothing here, as Perl says too
	case 'l', 'u':
		p.fail(at, "the modifier %c is not supported: patterns match bytes", c)
	case 'R', '&', 'P', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.fail(at, "recursion is not supported")
	case '{', '?':
		p.fail(at, "code in a pattern is not supported")
	default:
		p.fail(at, "(?%c is not a group", c)
	}
}
