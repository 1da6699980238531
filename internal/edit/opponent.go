package edit

import "bytes"

// Opponent returns the index of the part that contradicts parts[i], which [Edit] could not make with the others; -1 if
// no single part does.
func Opponent(src []byte, parts []Part, i int) int {
	m := newMemo(bytes.TrimPrefix(src, []byte(utf8BOM)))
	if _, err := m.edited(parts[i]); err != nil {
		return -1 // it cannot be made alone
	}
	for j := range parts {
		if j != i && !m.agree(parts[min(i, j)], parts[max(i, j)]) {
			return j
		}
	}
	return -1
}

// agree reports whether two parts, made one after the other, are both right. A first one that cannot be made
// contradicts nothing.
func (m *Memo) agree(first, then Part) bool {
	one, err := m.edited(first)
	if err != nil {
		return true
	}
	both, err := one.edited(then)
	return err == nil && both.holds(first) == nil && both.holds(then) == nil
}

// Holds reports whether a part is right in a file, and stays as it is.
func (m *Memo) Holds(p Part) bool { return m.holds(p) == nil }
