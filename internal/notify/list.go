package notify

import "slices"

// list holds items in the order raised. What is struck out stays in it until
// it is read, or until it is more than half of it: so no single strike has to
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

// all returns what stands. Later strikes do not disturb what it returned.
func (l *list) all() []*item {
	if l == nil {
		return nil
	}
	if l.live < len(l.items) {
		l.items = slices.Clip(slices.DeleteFunc(slices.Clone(l.items), func(it *item) bool { return it.gone }))
	}
	return l.items
}
