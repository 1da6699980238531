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

// A lookup with a memo gives the same result as one without.
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
		for range 2 { // the second time with an index
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

// Parts of all kinds give the same result together as one by one.
func TestMakeTogether(t *testing.T) {
	numbers := rand.New(rand.NewPCG(1, 2))
	pick := numbers.IntN
	files := corpus(t)
	names := slices.Sorted(maps.Keys(files))
	byFormat := map[Format]int{}
	for range 12_000 {
		name := names[pick(len(names))]
		src := slices.Clone(files[name])
		if pick(3) == 0 {
			src = bytes.TrimSuffix(src, []byte("\n"))
		}
		keys := keysOf(t, name, src)
		var parts []Part
		mixed := pick(2) == 0
		for range 2 + pick(8) {
			p := manyPart(pick, keys, src)
			if _, ok := p.(*Setting); ok || mixed {
				parts = append(parts, p)
			}
		}
		hunks, out, ok := together(src, parts)
		if !ok {
			continue
		}
		if s := firstSetting(parts); s != nil {
			byFormat[s.Format]++
		}
		want, err := oneByOne(src, parts)
		if err != nil || !bytes.Equal(out, want) {
			t.Fatalf("%s: %q with %s is %q together, one by one %q, %v", name, src, describe(parts), out, want, err)
		}
		if back, _ := Restore(out, hunks); !bytes.Equal(back, src) {
			t.Fatalf("%s: %q with %s taken back is %q", name, src, describe(parts), back)
		}
	}
	for _, f := range Formats() {
		if byFormat[Format(f)] < 200 {
			t.Errorf("only %d times settings of %s were made together", byFormat[Format(f)], f)
		}
	}
}

// together is makeTogether for a file whose last line may lack its end.
func together(src []byte, parts []Part) ([][]Hunk, []byte, bool) {
	m := NewMemo(src)
	hunks, out, ok := makeTogether(m, parts)
	return m.inFile(hunks, out), openLast(out, m.added), ok
}

// oneByOne is makeOneByOne for such a file.
func oneByOne(src []byte, parts []Part) ([]byte, error) {
	closed, added := closeLast(src)
	out, err := makeOneByOne(newMemo(closed), parts)
	return openLast(out, added), err
}

// manyPart is randomPart, but often a part that meets others: in a new section, or placed beside an existing line.
func manyPart(pick func(int) int, keys []Setting, src []byte) Part {
	lines := rows(src)
	near := regexp.MustCompile(regexp.QuoteMeta(lines[pick(len(lines))].text))
	switch pick(8) {
	case 0:
		return Line{Text: fmt.Sprintf("#a line %d", pick(3)), After: near}
	case 1:
		return Block{Marker: fmt.Sprint("b", pick(3)), Comment: "#", Content: "#x\n", Before: near}
	case 2, 3, 4:
		s := keys[pick(len(keys))]
		s.Key, s.Value, s.Section = fmt.Sprint("new", pick(4)), "v", slices.Clone(s.Section)
		switch {
		case s.Format.IsTyped() && pick(2) == 0:
			s.Section = []string{fmt.Sprint("some", pick(3)), fmt.Sprint("sub", pick(2))}[:1+pick(2)]
		case s.Format == INI && pick(2) == 0:
			s.Section = []string{fmt.Sprint("some", pick(3))}
		}
		return &s
	}
	return randomPart(pick, keys, src)
}

// describe formats parts for failure messages.
func describe(parts []Part) string {
	var out strings.Builder
	for _, p := range parts {
		if s, ok := p.(*Setting); ok {
			fmt.Fprintf(&out, "%v[%s]=%v absent %v; ", s.Section, s.Key, s.Value, s.Absent)
			continue
		}
		fmt.Fprintf(&out, "%+v; ", p)
	}
	return out.String()
}

// The cost of making and undoing many parts must grow with their number, not with its square.
func BenchmarkMakeMany(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		for _, c := range manyParts(n) {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				for b.Loop() {
					hunks, err := Record(nil, c.parts)
					if err != nil {
						b.Fatal(err)
					}
					out, err := Edit(nil, c.parts)
					if err != nil {
						b.Fatal(err)
					}
					m := NewMemo(out)
					for _, p := range c.parts {
						if s, err := m.Look(p); err != nil || !s.Right {
							b.Fatal(s, err)
						}
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

// manyParts returns sets of parts that many sites have, n of each.
func manyParts(n int) (out []struct {
	name  string
	parts []Part
}) {
	add := func(name string, part func(i int) Part) {
		parts := make([]Part, n)
		for i := range parts {
			parts[i] = part(i)
		}
		out = append(out, struct {
			name  string
			parts []Part
		}{name, parts})
	}
	line := func(i int) Part { return Line{Text: fmt.Sprint("line ", i)} }
	block := func(i int) Part { return Block{Marker: fmt.Sprint("b", i), Comment: "#", Content: "x"} }
	for _, f := range Formats() {
		add(f, func(i int) Part { return &Setting{Format: Format(f), Key: fmt.Sprint("KEY_", i), Value: "1"} })
		if f := Format(f); f != KeyValue && f != Space {
			add(string(f)+"-section", func(i int) Part {
				return &Setting{Format: f, Section: []string{"a"}, Key: fmt.Sprint("key", i), Value: "1"}
			})
			add(string(f)+"-sections", func(i int) Part {
				return &Setting{Format: f, Section: []string{fmt.Sprint("s", i/4)}, Key: fmt.Sprint("key", i%4), Value: "1"}
			})
		}
	}
	add("line", line)
	add("block", block)
	add("mixed", func(i int) Part {
		switch i % 3 {
		case 0:
			return line(i)
		case 1:
			return block(i)
		}
		return &Setting{Format: KeyValue, Key: fmt.Sprint("KEY_", i), Value: "1"}
	})
	add("line-after", func(i int) Part {
		if i == 0 {
			return Line{Text: "# here"}
		}
		return Line{Text: fmt.Sprint("line ", i), After: regexp.MustCompile("^# here$")}
	})
	return out
}

// The time of a lookup must not grow with the file after the file was read.
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
