package notify

import "slices"

// list holds items in the order raised. A removed item stays in it until the
// list is read, or until half of the list is removed: so no single removal has to
// look at the whole list.
type list struct {
	items []*item
	live  int
}

func add[K comparable](m map[K]*list, k K, it *item) {
	l := m[k]
	if l == nil {
		l = &list{}
		m[k] = l
	}
	if l.live < len(l.items)/2 {
		l.all()
	}
	l.items = append(l.items, it)
	l.live++
}

// lose counts one item of m[k] as struck out.
func lose[K comparable](m map[K]*list, k K) {
	if l := m[k]; l.live > 1 {
		l.live--
	} else {
		delete(m, k)
	}
}

// all returns the remaining items. Later removals do not change the result.
func (l *list) all() []*item {
	if l == nil {
		return nil
	}
	if l.live < len(l.items) {
		l.items = slices.Clip(slices.DeleteFunc(slices.Clone(l.items), func(it *item) bool { return it.gone }))
	}
	return l.items
}
