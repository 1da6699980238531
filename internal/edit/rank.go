package edit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
)

// Rank is the order of a hunk among those at one offset of the ground. There is always another rank between two, and
// ranks stay short even if many parts are made one behind the other. Ranks are compared step by step, and a rank
// follows the one that it continues.
type Rank []step

// step is ordered by n first. Two parts rarely share a tie, so that a restored part returns to its place among parts
// that were added since.
type step struct {
	n   int
	tie uint32
}

func (s step) compare(o step) int { return cmp.Or(cmp.Compare(s.n, o.n), cmp.Compare(s.tie, o.tie)) }

func (r Rank) compare(o Rank) int { return slices.CompareFunc(r, o, step.compare) }

// rankBetween returns a rank for a part between two others; nil represents none on that side.
func rankBetween(before, behind Rank, key string) Rank {
	k := 0
	for k < len(before) && k < len(behind) && before[k] == behind[k] {
		k++
	}
	switch tie := tieOf(key); {
	case len(before)+len(behind) == 0:
		return Rank{{0, tie}}
	case k < len(before) && (k == len(behind) || behind[k].n-before[k].n > 1):
		return append(slices.Clone(before[:k]), step{before[k].n + 1, tie})
	case k < len(before)-1:
		return append(slices.Clone(before[:k+1]), step{before[k+1].n + 1, tie})
	case k == len(before) && k < len(behind):
		return append(slices.Clone(before), step{behind[k].n - 1, tie})
	default:
		return append(slices.Clone(before), step{0, tie})
	}
}

func tieOf(key string) uint32 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key))
	return sum.Sum32()
}

// MarshalJSON implements [json.Marshaler]: the numbers of all steps.
func (r Rank) MarshalJSON() ([]byte, error) {
	all := make([]int64, 0, 2*len(r))
	for _, s := range r {
		all = append(all, int64(s.n), int64(s.tie))
	}
	return json.Marshal(all)
}

// UnmarshalJSON implements [json.Unmarshaler]. An earlier version kept one number.
func (r *Rank) UnmarshalJSON(data []byte) error {
	var one float64
	if json.Unmarshal(data, &one) == nil {
		n := math.Floor(one)
		*r = Rank{{int(n), uint32((one - n) * (1 << 32))}}
		return nil
	}
	var all []int64
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all)%2 > 0 {
		return fmt.Errorf("a rank of %d numbers", len(all))
	}
	*r = make(Rank, 0, len(all)/2)
	for i := 0; i < len(all); i += 2 {
		*r = append(*r, step{int(all[i]), uint32(all[i+1])})
	}
	return nil
}
