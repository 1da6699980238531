package edit

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestRankBetween: there is a rank between any two, wherever parts are made, and ranks stay short when many parts are
// made one behind the other.
func TestRankBetween(t *testing.T) {
	for name, where := range map[string]func(n int) int{
		"behind the last one":       func(n int) int { return n },
		"before the last one":       func(n int) int { return max(0, n-1) },
		"before the first one":      func(int) int { return 0 },
		"behind the first one":      func(n int) int { return min(n, 1) },
		"in the middle":             func(n int) int { return n / 2 },
		"anywhere":                  func(n int) int { return rand.IntN(n + 1) },
		"at the ends of the middle": func(n int) int { return n/2 + n%2 },
	} {
		t.Run(name, func(t *testing.T) {
			var all []Rank
			for n := range 1000 {
				i := where(n)
				var before, behind Rank
				if i > 0 {
					before = all[i-1]
				}
				if i < n {
					behind = all[i]
				}
				r := rankBetween(before, behind, fmt.Sprint(n%7))
				if before != nil && before.compare(r) >= 0 || behind != nil && r.compare(behind) >= 0 {
					t.Fatalf("%v is not between %v and %v", r, before, behind)
				}
				if !strings.Contains(name, "middle") && len(r) > 40 {
					t.Fatalf("%d steps", len(r))
				}
				all = slices.Insert(all, i, r)
				kept, err := json.Marshal(r)
				var read Rank
				if err != nil || json.Unmarshal(kept, &read) != nil || !slices.Equal(read, r) {
					t.Fatalf("%v is read as %v", r, read)
				}
			}
		})
	}
	var old [3]Rank
	if err := json.Unmarshal([]byte("[-1.25, 0.5, 0.75]"), &old); err != nil || !slices.IsSortedFunc(old[:], Rank.compare) {
		t.Errorf("%v, %v", old, err)
	}
}

// TestManyNeighbours makes many keys one behind the other inside the text of one part, and undoes them in another
// order.
func TestManyNeighbours(t *testing.T) {
	var keys []string
	var parts []Part
	for i := range 300 {
		keys, parts = append(keys, fmt.Sprint(i)), append(parts, &Setting{Format: JSON, Section: []string{"a"}, Key: fmt.Sprint("key", i), Value: "1"})
	}
	made, err := NewMemo(nil).EditBack(parts, Back{Layout: ReadLayout(nil, nil), Keys: keys, Hunks: make([][]Hunk, len(parts)), Ground: make([]*Ground, len(parts))})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := made.Record()
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]*Ground{}
	for i, key := range keys {
		kept[key] = rec.Ground[i]
	}
	l := ReadLayout(made.Bytes(), kept)
	for i, it := range l.items[:len(parts)] {
		if it.key != keys[i] {
			t.Fatalf("%s comes before %s", it.key, keys[i])
		}
	}
	if len(l.lost) > 0 {
		t.Errorf("%v are not found where they were made", l.lost)
	}
}
