package edit

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// What is looked up with a memo is what is looked up without one.
func TestMemoChangesNoAnswer(t *testing.T) {
	files := []string{
		"", "a\n", "a \nb\t\r\na\n", "# BEGIN x\n1\n# END x \n# BEGIN y\n# BEGIN y\n",
		"\ufeffA = 1\nb=2\n#A=3\nA = 4\n[s]\nA = 5\n", "a",
	}
	parts := func(m *Memo) []Part {
		out := []Part{Line{Match: regexp.MustCompile("^a"), Text: "a", Multiple: "first", Memo: m}, Line{Match: regexp.MustCompile("^a"), Text: "a", Memo: m}}
		for _, text := range []string{"a", "a ", "b", "# END x"} {
			out = append(out, Line{Text: text, Memo: m}, Line{Text: text, Absent: true, Memo: m})
		}
		for _, marker := range []string{"x", "y", "z"} {
			out = append(out, Block{Marker: marker, Comment: "#", Content: "1", Memo: m})
		}
		for _, format := range []Format{KeyValue, Space, INI} {
			for _, several := range []Several{RefuseSeveral, KeepSeveral} {
				out = append(out, &Setting{Format: format, Key: "A", Value: "1", Several: several, Memo: m})
			}
		}
		return out
	}
	for _, file := range files {
		src := []byte(file)
		memo := NewMemo(src)
		alone := parts(nil)
		for i, p := range parts(memo) {
			got, err := Look(src, p)
			want, wantErr := Look(src, alone[i])
			if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%q, %+v: %+v, %v; without the memo %+v, %v", file, alone[i], got, err, want, wantErr)
			}
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
			Line{Text: "line 7", Memo: memo}, Block{Marker: "b7", Comment: "#", Memo: memo},
			&Setting{Format: KeyValue, Key: "KEY_7", Value: "1", Memo: memo},
		} {
			b.Run(fmt.Sprintf("%T/%d", p, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := p.look(src); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
