package edit

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLackingChangesNothing: edits are undone in the same order and at the same places as if each were searched again
// and again. CONVERGE_TEST_ROUNDS sets the number of files.
func TestLackingChangesNothing(t *testing.T) {
	t.Parallel()
	rounds := 3000
	if n, err := strconv.Atoi(os.Getenv("CONVERGE_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	back := 0
	for seed := range rounds {
		src, edits := randomEdits(rand.New(rand.NewPCG(uint64(seed), 1)))
		quick, slow := restoreAll(src, edits), newRestoring(src, edits)
		slow.restoreEach(func(last int, least fit) int {
			slow.lacks = lacking{}
			return slow.restoreOne(last, least)
		})
		if diff := cmp.Diff(slow.order, quick.order) + cmp.Diff(slow.made, quick.made) + cmp.Diff(string(slow.file()), string(quick.file())); diff != "" {
			t.Fatalf("seed %d (-slow +quick):\n%s\nin %q", seed, diff, src)
		}
		back += len(quick.order)
	}
	if back < rounds {
		t.Errorf("only %d edits were taken back in %d files: they say little", back, rounds)
	}
}

// randomEdits returns a file with edits, and other edits before, between and behind them.
func randomEdits(r *rand.Rand) (src []byte, edits [][]Hunk) {
	line := func() string {
		return strings.Repeat([]string{"a", "b", "key = 1 ", "[s]"}[r.IntN(4)], 1+r.IntN(3)) + strings.Repeat("x", r.IntN(2)*r.IntN(90)) + []string{"\n", "\n", "\n", "\r\n", ""}[r.IntN(5)]
	}
	var lines []string
	for range r.IntN(12) {
		lines = append(lines, line())
	}
	src = []byte(strings.Join(lines, ""))
	for range 2 + r.IntN(8) {
		var splices []Splice
		for at := r.IntN(len(src) + 1); len(splices) < 1+r.IntN(2) && at <= len(src); at += r.IntN(20) {
			old, text := src[at:min(len(src), at+r.IntN(2)*r.IntN(8))], line()
			if r.IntN(3) == 0 { // usually a line is removed
				at = 1 + bytes.LastIndexByte(src[:at], '\n')
				old, text = src[at:lineEnd(src, at)], ""
			}
			if n := len(splices); n > 0 && at < splices[n-1].At+len(splices[n-1].Old) {
				break
			}
			splices = append(splices, Splice{At: at, Old: string(old), New: text})
			at += len(old) + 1
		}
		made, out, err := hunks(src, splices)
		if err != nil {
			continue
		}
		if src = out; r.IntN(3) > 0 { // otherwise it belongs to another owner, and stays
			edits = append(edits, made)
		}
	}
	r.Shuffle(len(edits), func(i, k int) { edits[i], edits[k] = edits[k], edits[i] })
	return src, edits
}
