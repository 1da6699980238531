package edit

import "slices"

// isLikeWithoutTexts reports whether two versions of a file mean the same apart from the parts; some of these are
// lines and blocks. A line has another meaning in another section, so restored lines are left out of the comparison.
func isLikeWithoutTexts(m, now *Memo, parts []Part) bool {
	for _, isOwn := range []bool{false, true} {
		if withoutTexts(m, parts, isOwn).isLike(withoutTexts(now, parts, isOwn), parts) {
			return true
		}
	}
	return false
}

// withoutTexts returns a file without the lines and blocks among the parts. With isOwn, a restored line only matches
// lines with its text, not those that the text would replace.
func withoutTexts(m *Memo, parts []Part, isOwn bool) *Memo {
	lines := readRows(m, m.body)
	gone := make([]bool, len(lines))
	for _, p := range parts {
		for _, r := range textRowsOf(m, p, isOwn) {
			gone[r.number-1] = true
		}
	}
	var out []byte
	for i, r := range lines {
		if !gone[i] {
			out = append(out, m.body[r.start:r.end]...)
		}
	}
	return NewMemo(m.file(out))
}

// textRowsOf returns the lines of a file that belong to a line or a block.
func textRowsOf(m *Memo, p Part, isOwn bool) []row {
	switch p := m.with(p).(type) {
	case Line:
		if !isOwn && p.Multiple == "all" { // in their present and former forms
			p.Back = false
		}
		found, err := p.find(m.body)
		if err != nil {
			return nil
		}
		if isOwn && p.Back && p.Match != nil {
			found = slices.DeleteFunc(found, func(r row) bool { return !p.isOwn(r) })
		}
		return found
	case Block:
		if begin, end, found, err := p.find(m.body); err == nil && found {
			return readRows(m, m.body)[begin.number-1 : end.number]
		}
	}
	return nil
}
