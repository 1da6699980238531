package perlre

// escapeParser reads an escape outside a class, after its backslash.
type escapeParser struct {
	charEscape
	flags
	groups *groupTable
}

// parseEscape reads what follows the backslash.
func (e *escapeParser) parseEscape() *node {
	if !e.hasMore() {
		e.fail(e.at, "\\ at the end")
	}
	c := e.src[e.pos]
	if s, ok := classOf(c); ok {
		e.pos++
		return single(s)
	}
	e.pos++
	switch c {
	case 'A':
		return assertion(atStart)
	case 'z':
		return assertion(atEnd)
	case 'Z':
		return assertion(beforeEnd)
	case 'b', 'B':
		return e.parseBoundary(c)
	case 'N':
		return e.parseNotNewline()
	case 'k':
		return e.parseNamedBack()
	case 'g':
		return e.parseGroupBack()
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if n := e.parseNumberedBack(); n != nil {
			return n
		}
	}
	e.pos--
	return e.literalNode(e.parseChar("pPXCKGRo"))
}

func (e *escapeParser) parseBoundary(c byte) *node {
	if e.isNext("{") {
		e.fail(e.at, "\\%c{...} is not supported: patterns match bytes", c)
	}
	if c == 'b' {
		return assertion(atBoundary)
	}
	return assertion(noBoundary)
}

// parseNotNewline reads \N, which a quantifier may follow but no name.
func (e *escapeParser) parseNotNewline() *node {
	if e.isNext("{") && !e.isCountNext() {
		e.fail(e.at, "names of characters are not supported: patterns match bytes")
	}
	return single(setOf("\n").negated())
}

// parseNamedBack reads \k<name>, from the bracket.
func (e *escapeParser) parseNamedBack() *node {
	switch {
	case e.take("<"):
		return e.backNode(0, e.takeName(">"))
	case e.isNext("'"), e.isNext("{"):
		e.fail(e.at, "\\k%c is not supported: write \\k<NAME>", e.src[e.pos])
	}
	e.fail(e.at, "\\k needs the name of a group")
	return nil
}

// parseGroupBack reads \g1, \g-1, \g{1} or \g{-1}.
func (e *escapeParser) parseGroupBack() *node {
	braced := e.take("{")
	relative := e.take("-")
	number, ok := e.takeNumber()
	if braced && (!ok || !e.take("}")) {
		e.fail(e.at, "\\g{ is not supported with anything but a number")
	}
	if !ok {
		e.fail(e.at, "\\g needs a group")
	}
	if relative {
		if number > e.groups.opened {
			e.fail(e.at, "there is no group -%d", number)
		}
		number = e.groups.opened + 1 - number
	}
	if number == 0 || relative && number > e.groups.opened {
		e.fail(e.at, "there is no group 0")
	}
	return e.backNode(number, "")
}

// parseNumberedBack reads \1; nil is an octal character, which two digits and
// more are when so many groups have not been opened yet.
func (e *escapeParser) parseNumberedBack() *node {
	e.pos = e.at + 1
	number, _ := e.takeNumber()
	if first := e.src[e.at+1]; number > 9 && number > e.groups.opened && first < '8' {
		e.pos = e.at + 2
		return nil
	}
	return e.backNode(number, "")
}

// backNode refers back to a group, by its name or else by its number.
func (e *escapeParser) backNode(number int, name string) *node {
	n := &node{op: opBack, fold: e.fold, group: number}
	e.groups.refer(reference{at: e.at, name: name, node: n})
	return n
}
