package notify

import "slices"

// list holds items in the order added. A removed item stays until the list is read, or until half of the list is
// removed, so that no removal searches the whole list.
type list struct {
	items []*item
	live  int
}

func appendItem[K comparable](m map[K]*list, k K, it *item) {
	l := m[k]
	if l == nil {
		l = &list{}
		m[k] = l
	}
	if l.live < len(l.items)/2 {
		l.remaining()
	}
	l.items = append(l.items, it)
	l.live++
}

// countRemoved counts one item of m[k] as removed.
func countRemoved[K comparable](m map[K]*list, k K) {
	if l := m[k]; l.live > 1 {
		l.live--
	} else {
		delete(m, k)
	}
}

// remaining returns the items that are not removed. Later removals do not change
// the result.
func (l *list) remaining() []*item {
	if l == nil {
		return nil
	}
	if l.live < len(l.items) {
		l.items = slices.Clip(slices.DeleteFunc(slices.Clone(l.items), func(it *item) bool { return it.removed }))
	}
	return l.items
}
