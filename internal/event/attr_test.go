package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"converge/internal/resource"
)

func content(s string) cty.Value { return resource.BlobVal(resource.BytesBlob([]byte(s))) }

// shown is what a reader of the event sees of one attribute that differs.
func shown(t testing.TB, a resource.AttrChange) string {
	t.Helper()
	b, err := json.Marshal(Attrs(resource.Change{Attrs: []resource.AttrChange{a}})[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAttrs(t *testing.T) {
	str := cty.StringVal
	lost := resource.BlobVal(resource.LazyBlob(3, func() (io.ReadCloser, error) { return nil, errors.New("gone") }))
	for _, c := range []struct {
		summary, want string
		a             resource.AttrChange
	}{
		{"a string", `{"name":"a","before":"x","after":"y"}`, resource.AttrChange{Have: str("x"), Want: str("y")}},
		{"none before", `{"name":"a","after":"y"}`, resource.AttrChange{Have: cty.NilVal, Want: str("y")}},
		{"null before", `{"name":"a","after":true}`, resource.AttrChange{Have: cty.NullVal(cty.Bool), Want: cty.True}},
		{"numbers", `{"name":"a","before":1,"after":2.5}`, resource.AttrChange{Have: cty.NumberIntVal(1), Want: cty.NumberFloatVal(2.5)}},
		{
			"a list", `{"name":"a","before":[],"after":["x"]}`,
			resource.AttrChange{Have: cty.ListValEmpty(cty.String), Want: cty.ListVal([]cty.Value{str("x")})},
		},
		{"a secret", `{"name":"a","secret":true}`, resource.AttrChange{Have: str("hunter1"), Want: str("hunter2"), Secret: true}},
		{"a secret content", `{"name":"a","secret":true}`, resource.AttrChange{Have: content("hunter1\n"), Want: content("hunter2\n"), Secret: true}},
		{"marked all the same", `{"name":"a"}`, resource.AttrChange{Have: cty.NilVal, Want: str("hunter2").Mark("sensitive")}},
		{"marked inside", `{"name":"a"}`, resource.AttrChange{Have: cty.NilVal, Want: cty.ListVal([]cty.Value{str("hunter2").Mark("sensitive")})}},
		{"a content that cannot be read", `{"name":"a"}`, resource.AttrChange{Have: cty.NilVal, Want: lost}},
		{"the same bytes", `{"name":"a","before":` + blobJSON("x") + `,"after":` + blobJSON("x") + `}`, resource.AttrChange{Have: content("x"), Want: content("x")}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			c.a.Name = "a"
			if d := cmp.Diff(c.want, shown(t, c.a)); d != "" {
				t.Error(d)
			}
		})
	}
	if got := Attrs(resource.Change{}); got == nil || len(got) != 0 {
		t.Errorf("of no attributes: %v", got)
	}
}

func blobJSON(s string) string {
	digest, err := resource.BytesBlob([]byte(s)).Digest()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"digest":"%s","size":%d}`, digest, len(s))
}

func TestUnified(t *testing.T) {
	long := strings.Repeat("line\n", 20)
	for _, c := range []struct{ summary, have, want, diff string }{
		{"a line", "a\nb\nc\n", "a\nB\nc\n", "--- live\n+++ content\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
		{"a new file", "-", "a\n", "--- live\n+++ content\n@@ -0,0 +1,1 @@\n+a\n"},
		{"emptied", "a\n", "", "--- live\n+++ content\n@@ -1,1 +0,0 @@\n-a\n"},
		{"the newline at the end", "a\n", "a", "--- live\n+++ content\n@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n"},
		{"three lines around", long + "x\n" + long, long + "y\n" + long, "--- live\n+++ content\n@@ -18,7 +18,7 @@\n line\n line\n line\n-x\n+y\n line\n line\n line\n"},
		{"letters of any script", "grüße\n", "日本\n", "--- live\n+++ content\n@@ -1,1 +1,1 @@\n-grüße\n+日本\n"},
		{"nothing", "a\n", "a\n", ""},
		{"zeros are not text", "a\x00\n", "b\n", ""},
		{"nor in what is wanted", "a\n", "b\x00\n", ""},
		{"nor is what is not UTF-8", "a\n", "\xff\xfe\n", ""},
		{"as large as it may be", "-", strings.Repeat("x", MaxDiff-1) + "\n", "--- live\n+++ content\n@@ -0,0 +1,1 @@\n+" + strings.Repeat("x", MaxDiff-1) + "\n"},
		{"larger", "-", strings.Repeat("x", MaxDiff) + "\n", ""},
		{"larger before", strings.Repeat("x", MaxDiff) + "\n", "a\n", ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			a := resource.AttrChange{Name: "content", Want: content(c.want)}
			if c.have != "-" {
				a.Have = content(c.have)
			}
			got := Attrs(resource.Change{Attrs: []resource.AttrChange{a}})[0].Diff
			if d := cmp.Diff(c.diff, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// A content whose size is only known once it is read is cut off there too.
func TestUnifiedOfUnknownSize(t *testing.T) {
	for size, shown := range map[int]bool{10: true, MaxDiff: true, MaxDiff + 1: false} {
		want := resource.LazyBlob(-1, func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(strings.Repeat("x", size))), nil
		})
		if got := unified("content", nil, want); (got != "") != shown {
			t.Errorf("%d bytes: %d bytes of diff", size, len(got))
		}
	}
}

// A large file with small changes has a small diff, soon.
func TestUnifiedOfManyLines(t *testing.T) {
	var a, b strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&a, "line %d\n", i)
		if i%400 == 0 {
			fmt.Fprintf(&b, "changed %d\n", i)
		} else {
			fmt.Fprintf(&b, "line %d\n", i)
		}
	}
	d := unified("content", resource.BytesBlob([]byte(a.String())), resource.BytesBlob([]byte(b.String())))
	if n := strings.Count(d, "\n@@ "); n != 100 || len(d) > 40_000 {
		t.Errorf("%d hunks, %d bytes", n, len(d))
	}
}

// Whatever is secret, of whatever type, no trace of it is in the event.
func TestSecretsNeverAppear(t *testing.T) {
	const secret = "hunter2"
	rapid.Check(t, func(t *rapid.T) {
		gen := func(label string) cty.Value {
			s := rapid.SampledFrom([]string{secret, "x" + secret, secret + "\n" + secret}).Draw(t, label)
			switch rapid.IntRange(0, 4).Draw(t, label+" type") {
			case 0:
				return content(s)
			case 1:
				return cty.ListVal([]cty.Value{cty.StringVal(s)})
			case 2:
				return cty.MapVal(map[string]cty.Value{s: cty.StringVal(s)})
			case 3:
				return cty.NilVal
			}
			return cty.StringVal(s)
		}
		c := resource.Change{Attrs: []resource.AttrChange{{Name: "a", Have: gen("have"), Want: gen("want"), Secret: true}}}
		b, err := json.Marshal(Event{Type: Planned, Changes: Attrs(c)})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{secret, "digest", "size"} {
			if strings.Contains(string(b), s) {
				t.Fatalf("%q is in %s", s, b)
			}
		}
	})
}

func TestTee(t *testing.T) {
	var got []string
	sink := func(name string) Sink { return sinkFunc(func(e Event) { got = append(got, name+" "+string(e.Type)) }) }
	tee := Tee{sink("a"), sink("b"), Discard{}}
	tee.Emit(Event{Type: RunStarted})
	tee.Emit(Event{Type: RunFinished})
	if d := cmp.Diff([]string{"a run_started", "b run_started", "a run_finished", "b run_finished"}, got); d != "" {
		t.Error(d)
	}
	if n := (Counts{Resources: 9, Create: 1, Update: 2, Delete: 3, Run: 4, Failed: 5}).Changed(); n != 10 {
		t.Error(n)
	}
}

type sinkFunc func(Event)

func (f sinkFunc) Emit(e Event) { f(e) }
