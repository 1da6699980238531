package edit

// stack contains the texts that were inserted at one place: first those without a section of their own, then those with
// one, and anything that was added at the end after that.
type stack struct {
	plain    int   // bytes of the first
	settings bool  // some of them are settings
	ends     []int // bytes of each other text
	closing  []int // at the end of each, bytes that close the section
	last     int   // index of the last one of ends that is not a section; -1: there is none

	firsts   map[string]bool // see firstOf
	sections map[string]int  // indexes in ends, by all lines but the last
	texts    bool            // some of them are lines or blocks
}

// Values of made.of that are not an index.
const (
	isPlain = -1
	isNew   = -2
)

// fit returns how to insert one more text; false if the text may differ by now, or belong elsewhere. isEnd means that
// the place is the end of the file.
func (k *stack) fit(p Part, m made, isSeveral, isEnd bool) (made, bool) {
	s, ok := p.(*Setting)
	switch {
	case !ok && isAfter(p):
		m.of = isPlain
		return m, true
	case !ok:
		return k.atEnd(m), true
	case isSeveral || k.texts && !isEnd: // it may have to precede them
		return m, false
	}
	above, more, _ := splitSection(s, m.New)
	if i, known := k.sections[above]; known && above != "" {
		for _, size := range k.ends[:i+1] {
			m.behind += size
		}
		m.New, m.of, m.behind = more, i, m.behind+k.plain-k.closing[i]
		return m, i >= k.last
	}
	switch {
	case k.firsts[firstOf(s, m.New)]:
		return m, false
	case s.Format == YAML || s.Format == JSON:
		return k.atEnd(m), true
	case above != "":
		return k.atEnd(m), isSetOff(m.New)
	case len(k.ends) > 0: // in the section before
		m.of, m.behind = isPlain, k.plain
		return m, k.settings && !k.texts
	}
	return k.atEnd(m), true
}

// atEnd places a text after all others.
func (k *stack) atEnd(m made) made {
	if m.of = isPlain; len(k.ends) > 0 {
		m.of = isNew
	}
	m.behind = k.plain
	for _, size := range k.ends {
		m.behind += size
	}
	return m
}

// note records that a text was inserted.
func (k *stack) note(p Part, m made) {
	if k.firsts == nil {
		k.firsts, k.sections, k.last = map[string]bool{}, map[string]int{}, -1
		m.of = isPlain
	}
	s, isSetting := p.(*Setting)
	above, tail := "", ""
	if isSetting {
		above, _, tail = splitSection(s, m.New)
		k.firsts[firstOf(s, m.New)] = true
	} else {
		k.texts = true
	}
	switch {
	case m.of >= 0:
		k.ends[m.of] += len(m.New)
	case above != "":
		k.sections[above] = len(k.ends)
		k.ends, k.closing = append(k.ends, len(m.New)), append(k.closing, len(tail))
	case m.of == isNew:
		k.last = len(k.ends)
		k.ends, k.closing = append(k.ends, len(m.New)), append(k.closing, 0)
	default:
		k.plain, k.settings = k.plain+len(m.New), k.settings || isSetting
	}
}

// isAfter reports whether a part is placed right behind an existing line.
func isAfter(p Part) bool {
	switch p := p.(type) {
	case Line:
		return p.After != nil
	case Block:
		return p.After != nil
	}
	return false
}
