package edit

import (
	"cmp"
	"slices"
)

// innermostFirst lists the parts that come back, in the order in which they do in the ground. A key of JSON that has
// brought the braces which other keys are in goes after those: what is left would be no JSON meanwhile, so that nobody
// could tell which of its commas are those of the file.
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

// framesOf returns the keys of JSON that have brought something before and behind what others have, the outer ones with
// the larger numbers.
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
