package edit

import (
	"cmp"
	"slices"
)

// innermostFirst lists the parts to be restored in the order of the ground. A key of JSON that has added the braces
// around other keys follows those keys: otherwise the intermediate text would not be JSON, and it would be unknown
// which commas belong to the file.
func (b *Back) innermostFirst() (order []int) {
	for i, hunks := range b.Hunks {
		if len(hunks) > 0 {
			order = append(order, i)
		}
	}
	if outer := framesOf(b.Layout); len(outer) > 0 {
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(outer[b.Keys[i]], outer[b.Keys[j]]) })
	}
	return order
}

// framesOf returns the keys of JSON that have added text on both sides of other keys; outer ones have larger numbers.
func framesOf(l *Layout) map[string]int {
	outer, last := map[string]int{}, map[string]int{}
	for i := range l.items {
		it := &l.items[i]
		if it.Old != "" || it.In == nil || it.In.Format != JSON {
			continue
		}
		if end, ok := last[it.key]; ok && end < i-1 && outer[it.key] == 0 {
			outer[it.key] = len(l.items) - end
		}
		last[it.key] = i
	}
	return outer
}
