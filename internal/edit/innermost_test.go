package edit

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMadeFileComesBack: when all keys of a JSON file that was made for them are removed together, the file is restored
// in two steps: first the content before the removal of the last key, and then the other keys in it.
func TestMadeFileComesBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.Permutation([]string{"a", "b", "c", "d", "e", "f"}).Draw(r, "keys")[:rapid.IntRange(2, 6).Draw(r, "count")]
		h := newSteps(t, "")
		h.run(Setting{Format: JSON, Value: int64(1)}, "+"+strings.Join(keys, ", +"))
		was := string(h.now)
		e := h.run(Setting{}, "~"+strings.Join(rapid.Permutation(keys).Draw(r, "gone"), ", ~"))
		if len(h.now) > 0 {
			r.Fatalf("%q is left of %q", h.now, was)
		}
		rec, err := e.Record()
		if err != nil {
			r.Fatal(err)
		}
		left, _ := Restore(h.now, rec.Hunks[rec.Last:rec.Last+1])
		if !readCommas(left, false).isJSON {
			r.Fatalf("%q is what comes back first of %q", left, was)
		}
		out, done := Restore(left, slices.Delete(rec.Hunks, rec.Last, rec.Last+1))
		if string(out) != was || slices.Contains(done, false) {
			r.Fatalf("it was %q\nit is  %q\ndone: %v", was, out, done)
		}
	})
}
