package edit

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What is looked up with a memo is what is looked up without one.
func TestMemoChangesNoAnswer(t *testing.T) {
	files := []string{
		"", "a\n", "a \nb\t\r\na\n", "# BEGIN x\n1\n# END x \n# BEGIN y\n# BEGIN y\n",
		"\ufeffA = 1\nb=2\n#A=3\nA = 4\n[s]\nA = 5\n", "a",
	}
	parts := []Part{Line{Match: regexp.MustCompile("^a"), Text: "a", Multiple: "first"}, Line{Match: regexp.MustCompile("^a"), Text: "a"}}
	for _, text := range []string{"a", "a ", "b", "# END x"} {
		parts = append(parts, Line{Text: text}, Line{Text: text, Absent: true})
	}
	for _, marker := range []string{"x", "y", "z"} {
		parts = append(parts, Block{Marker: marker, Comment: "#", Content: "1"})
	}
	for _, format := range []Format{KeyValue, Space, INI} {
		for _, several := range []Several{RefuseSeveral, KeepSeveral} {
			parts = append(parts, &Setting{Format: format, Key: "A", Value: "1", Several: several})
		}
	}
	for _, file := range files {
		src := []byte(file)
		memo := NewMemo(src)
		for range 2 { // at the second time by an index
			for _, p := range parts {
				got, err := memo.Look(p)
				want, wantErr := p.look(memo.body)
				if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Errorf("%q, %+v: %+v, %v; without the memo %+v, %v", file, p, got, err, want, wantErr)
				}
			}
		}
	}
}

// Parts that are made together give what they give one by one.
func TestMakeTogether(t *testing.T) {
	numbers := rand.New(rand.NewPCG(1, 2))
	pick := numbers.IntN
	files := corpus(t)
	names := slices.Sorted(maps.Keys(files))
	together := 0
	for range 4000 {
		name := names[pick(len(names))]
		src := slices.Clone(files[name])
		if pick(3) == 0 {
			src = bytes.TrimSuffix(src, []byte("\n"))
		}
		keys := keysOf(t, name, src)
		var parts []Part
		for range 2 + pick(8) {
			if p := randomPart(pick, keys, src); len(parts) == 0 || areAlike(parts[0], p) {
				parts = append(parts, p)
			}
		}
		hunks, out, ok := makeTogether(src, parts)
		if !ok {
			continue
		}
		together++
		want, err := makeOneByOne(src, parts)
		if err != nil || !bytes.Equal(out, want) {
			t.Fatalf("%s: %q with %+v is %q together, one by one %q, %v", name, src, parts, out, want, err)
		}
		if back, _ := Restore(out, hunks); !bytes.Equal(back, src) {
			t.Fatalf("%s: %q taken back is %q", name, src, back)
		}
	}
	if together < 500 {
		t.Errorf("only %d of 4000 were made together", together)
	}
}

// What many parts cost, made and taken back, must grow with their number, not with its
// square.
func BenchmarkMakeMany(b *testing.B) {
	for _, n := range []int{250, 1000, 4000} {
		var settings, lines, blocks []Part
		for i := range n {
			settings = append(settings, &Setting{Format: KeyValue, Key: fmt.Sprint("KEY_", i), Value: "1"})
			lines = append(lines, Line{Text: fmt.Sprint("line ", i)})
			blocks = append(blocks, Block{Marker: fmt.Sprint("b", i), Comment: "#", Content: "x"})
		}
		for _, parts := range [][]Part{settings, lines, blocks} {
			b.Run(fmt.Sprintf("%T/%d", parts[0], n), func(b *testing.B) {
				for b.Loop() {
					hunks, err := Record(nil, parts)
					if err != nil {
						b.Fatal(err)
					}
					out, err := Edit(nil, parts)
					if err != nil {
						b.Fatal(err)
					}
					for range 2 { // in either order
						if back, _ := Restore(out, hunks); len(back) > 0 {
							b.Fatalf("%q is left", back)
						}
						slices.Reverse(hunks)
					}
				}
			})
		}
	}
}

// The time of a lookup must not grow with the file once the file was read.
func BenchmarkLookInMany(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "# BEGIN b%d\n# END b%d\nline %d\nKEY_%d=1\n", i, i, i, i)
		}
		src := []byte(text.String())
		memo := NewMemo(src)
		for _, p := range []Part{
			Line{Text: "line 7"}, Block{Marker: "b7", Comment: "#"},
			&Setting{Format: KeyValue, Key: "KEY_7", Value: "1"},
		} {
			b.Run(fmt.Sprintf("%T/%d", p, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := memo.Look(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
