package edit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// BenchmarkUndoMany makes many parts in a large file and undoes them, like a run and its rollback: planned, recorded
// and made. Neither should cost much more than the other, and both should grow with the number of parts and the size of
// the file, not with their product.
func BenchmarkUndoMany(b *testing.B) {
	large := largeFile(20_000)
	for _, n := range []int{200, 2000} {
		for _, c := range manyParts(n) {
			benchUndo(b, fmt.Sprintf("%s/%d", c.name, n), nil, c.parts)
		}
		values := make([]Part, n)
		for i := range values {
			values[i] = &Setting{Format: KeyValue, Key: fmt.Sprint("KEY_", i*(20_000/n)), Value: "new"}
		}
		benchUndo(b, fmt.Sprintf("values-of-20000/%d", n), large, values)
	}
}

// largeFile returns a file with n keys.
func largeFile(n int) []byte {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "KEY_%d=old\n", i)
	}
	return []byte(text.String())
}

func benchUndo(b *testing.B, name string, src []byte, parts []Part) {
	keys := make([]string, len(parts))
	for i := range parts {
		keys[i] = fmt.Sprint(i)
	}
	nothing := Back{Layout: ReadLayout(src, nil), Keys: keys, Hunks: make([][]Hunk, len(parts)), Ground: make([]*Ground, len(parts))}
	out, kept := makeAndRecord(b, src, parts, nothing)
	back, was := Back{Keys: keys, Hunks: kept.Hunks, Ground: kept.Ground}, make([]Part, len(parts))
	grounds := map[string]*Ground{}
	m := NewMemo(src)
	for i, p := range parts {
		state, _ := m.Look(p) // a part whose place another part determines did not exist
		was[i], grounds[keys[i]] = undone(p, state), kept.Ground[i]
	}
	slices.Reverse(was)
	slices.Reverse(back.Keys)
	slices.Reverse(back.Hunks)
	slices.Reverse(back.Ground)
	b.Run(name+"/make", func(b *testing.B) {
		for b.Loop() {
			makeAndRecord(b, src, parts, nothing)
		}
	})
	b.Run(name+"/undo", func(b *testing.B) {
		for b.Loop() {
			back.Layout = ReadLayout(out, grounds)
			if now, _ := makeAndRecord(b, out, was, back); !bytes.Equal(now, src) {
				b.Fatalf("it is %.200q, and was %.200q", now, src)
			}
		}
	})
}

// makeAndRecord makes parts as often as a run does: for the plan, for the journal, and for the file.
func makeAndRecord(b *testing.B, src []byte, parts []Part, back Back) (out []byte, kept Recorded) {
	m := NewMemo(src)
	for range 3 {
		e, err := m.EditBack(parts, back)
		if err != nil {
			b.Fatal(err)
		}
		if out = e.Bytes(); kept.Hunks == nil {
			if kept, err = e.Record(); err != nil {
				b.Fatal(err)
			}
		}
	}
	return out, kept
}
