package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestList shows what a list holds after each word: "+3" adds three items, "-2"
// removes the oldest two, "?" reads it.
func TestList(t *testing.T) {
	for _, c := range []struct {
		summary, words string
		held           []int // items in the list after each word
		left           string
	}{
		{"items stay in the order added", "+3", []int{3}, "1 2 3"},
		{"a removed item stays until the list is read", "+3 -1 ?", []int{3, 3, 2}, "2 3"},
		{"half of them removed, the next one sweeps nothing", "+4 -2 +1", []int{4, 4, 5}, "3 4 5"},
		{"more than half removed, the next one sweeps", "+4 -3 +1", []int{4, 4, 2}, "4 5"},
		{"of an odd number, too", "+5 -4 +1", []int{5, 5, 2}, "5 6"},
		{"but not at just under a half", "+5 -3 +1", []int{5, 5, 6}, "4 5 6"},
		{"the last one removed removes the list", "+2 -2 ?", []int{2, 0, 0}, ""},
		{"and it begins anew", "+2 -2 +1", []int{2, 0, 1}, "3"},
	} {
		m, n := map[string]*list{}, 0
		for i, word := range strings.Fields(c.words) {
			var count int
			if _, err := fmt.Sscan(strings.TrimLeft(word, "+-?")+" 0", &count); err != nil {
				t.Fatal(err)
			}
			for range count {
				if word[0] == '+' {
					n++
					appendItem(m, "k", &item{seq: n})
				} else {
					items := m["k"].items
					items[slices.IndexFunc(items, func(it *item) bool { return !it.removed })].removed = true
					countRemoved(m, "k")
				}
			}
			if word == "?" {
				m["k"].remaining()
			}
			held := 0
			if m["k"] != nil {
				held = len(m["k"].items)
			}
			if held != c.held[i] {
				t.Errorf("%s: after %s it holds %d items, want %d", c.summary, word, held, c.held[i])
			}
		}
		var left []string
		for _, it := range m["k"].remaining() {
			left = append(left, fmt.Sprint(it.seq))
		}
		if got := strings.Join(left, " "); got != c.left {
			t.Errorf("%s: %s are left, want %s", c.summary, got, c.left)
		}
	}
}

// TestReadingAgainCopiesNothing: a list is copied only when items were removed,
// so that a former answer stays as it was.
func TestReadingAgainCopiesNothing(t *testing.T) {
	m := map[string]*list{}
	for n := range 3 {
		appendItem(m, "k", &item{seq: n})
	}
	a := m["k"].remaining()
	if b := m["k"].remaining(); &a[0] != &b[0] {
		t.Error("nothing was removed, and the items were copied")
	}
	a[0].removed = true
	countRemoved(m, "k")
	if b := m["k"].remaining(); len(a) != 3 || len(b) != 2 {
		t.Errorf("%d and %d items, want 3 and 2", len(a), len(b))
	}
}
