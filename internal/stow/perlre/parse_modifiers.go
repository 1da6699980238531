package perlre

import "strings"

// flags are the modifiers in force.
type flags struct {
	fold, multi, dotAll, extended, noCapture bool // i m s x n
}

// literalNode matches a byte.
func (f flags) literalNode(c byte) *node {
	var s set
	s.add(c)
	if f.fold {
		s = s.folded()
	}
	return single(s)
}

// dotNode matches what a dot stands for.
func (f flags) dotNode() *node {
	if f.dotAll {
		return single(set{}.negated())
	}
	return single(setOf("\n").negated())
}

// anchorNode asserts one thing, or another under /m.
func (f flags) anchorNode(once, everyLine assert) *node {
	if f.multi {
		return assertion(everyLine)
	}
	return assertion(once)
}

// modifierParser reads the modifiers of a group and changes the flags by them.
type modifierParser struct {
	*scanner
	flags
}

// parseModifiers reads up to what ends the modifiers, and reports whether that is
// the colon of (?flags:pattern), not the parenthesis of (?flags).
func (m *modifierParser) parseModifiers(open int) (hasBody bool) {
	if m.take("^") {
		m.flags = flags{}
		if m.isNext("-") {
			m.fail(m.pos, "(?^- is not a group")
		}
	}
	on := true
	seen := ""
	for m.hasMore() {
		at := m.pos
		m.pos++
		switch c := m.src[at]; c {
		case ')':
			return false
		case ':':
			return true
		case '-':
			if !on {
				m.fail(at, "a second - in a group's modifiers")
			}
			on = false
		default:
			m.setModifier(at, c, on)
			if seen += string(c); on {
				m.checkModifiers(at, seen)
			}
		}
	}
	m.fail(open, "group without an end")
	return false
}

// checkModifiers refuses what Perl refuses of modifiers together.
func (m *modifierParser) checkModifiers(at int, seen string) {
	as, ds := strings.Count(seen, "a"), strings.Count(seen, "d")
	if as > 2 || ds > 1 || as*ds > 0 {
		m.fail(at, "the modifier %c does not belong here", m.src[at])
	}
	if strings.Count(seen, "x") > 1 {
		m.fail(at, "the modifier xx is not supported")
	}
}

func (m *modifierParser) setModifier(at int, c byte, on bool) {
	switch c {
	case 'i':
		m.fold = on
	case 'm':
		m.multi = on
	case 's':
		m.dotAll = on
	case 'n':
		m.noCapture = on
	case 'x':
		m.extended = on
	case 'a', 'd':
		if !on {
			m.fail(at, "the modifier %c does not belong here", c)
		}
	case 'p', 'o', 'g', 'c': // mean nothing here, as Perl says too
	case 'l', 'u':
		m.fail(at, "the modifier %c is not supported: patterns match bytes", c)
	case 'R', '&', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		m.fail(at, "recursion is not supported")
	case '{', '?':
		m.fail(at, "code in a pattern is not supported")
	case '(', '|', '\'', 'P':
		m.fail(at, "(?%c is not supported", c)
	default:
		m.fail(at, "(?%c is not a group", c)
	}
}
