package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"converge/internal/resource"
)

func TestStateJSON(t *testing.T) {
	str := cty.StringVal
	broken := resource.LazyBlob(7, func() (io.ReadCloser, error) { return nil, errors.New("gone") })
	for _, c := range []struct {
		summary, want, err string
		value              cty.Value
	}{
		{summary: "nothing there", value: resource.Absent, want: `null`},
		{summary: "no value", value: cty.NilVal, want: `null`},
		{summary: "no attribute", value: cty.EmptyObjectVal, want: `{}`},
		{
			summary: "of every type, by name", want: `{"b":true,"l":["x"],"n":1.5,"null":null,"o":{"k":"v"},"s":"a \"b\" ü \u003c"}`,
			value: cty.ObjectVal(map[string]cty.Value{
				"s": str(`a "b" ü <`), "n": cty.NumberFloatVal(1.5), "b": cty.True, "l": cty.ListVal([]cty.Value{str("x")}),
				"o": cty.ObjectVal(map[string]cty.Value{"k": str("v")}), "null": cty.NullVal(cty.String),
			}),
		},
		{
			summary: "secrets, contents, marks", want: `{"again":{"$secret":true},"file":{"$content":{"digest":"` + digestString("abc") + `","size":3}},"gone":{"$content":{"unknown":true,"size":7}},"nested":{"$secret":true},"pw":{"$secret":true},"pwfile":{"$content":{"digest":"k74bb78195eac82e5e1a5f07822da62043179d6f7450745b03c65a11a197f8896"},"$secret":true}}`,
			value: cty.ObjectVal(map[string]cty.Value{
				"pw": str("hunter2"), "pwfile": resource.BlobVal(resource.BytesBlob([]byte("hunter2"))), "again": str("hunter2").Mark("sensitive"), "nested": cty.ListVal([]cty.Value{str("hunter2").Mark("sensitive")}),
				"file": resource.BlobVal(resource.BytesBlob([]byte("abc"))), "gone": resource.BlobVal(broken),
			}),
		},
		{summary: "a content inside", value: cty.ObjectVal(map[string]cty.Value{"x": cty.TupleVal([]cty.Value{resource.BlobVal(broken)})}), err: "attribute x: "},
		{summary: "an unknown one", value: cty.ObjectVal(map[string]cty.Value{"x": cty.UnknownVal(cty.String)}), err: "attribute x: "},
		{summary: "no object", value: str("x"), err: "it is string, not an object"},
		{summary: "a marked whole", value: cty.ObjectVal(map[string]cty.Value{"x": str("hunter2")}).Mark("sensitive"), err: "it is marked as a whole"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			e := valueEncoder{secret: func(name string) bool { return strings.HasPrefix(name, "pw") }, seal: sealer{make([]byte, 32)}}
			got, err := e.encodeObject(c.value)
			if (err != nil) != (c.err != "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
				t.Fatalf("got %v, want %q", err, c.err)
			}
			if err != nil {
				if strings.Contains(err.Error(), "hunter") {
					t.Error(err)
				}
				return
			}
			if d := cmp.Diff(c.want, string(got)); d != "" {
				t.Error(d)
			}
			if !json.Valid(got) || bytes.ContainsAny(got, "\n") {
				t.Errorf("not one line of JSON: %s", got)
			}
		})
	}
}

// The output of encodeRecord equals that of encoding/json.
func TestBeginIsEncodedLikeTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &beginRecord{
			Addr: resource.Addr{Kind: "file", Name: rapid.String().Draw(t, "name")},
			Key:  rapid.String().Draw(t, "key"), Action: resource.Create, Before: []byte("null"), After: []byte(`{"a":1}`),
		}
		var buf bytes.Buffer
		b.encodeRecord(&buf)
		want, err := json.Marshal(&record{Begin: b})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want)+"\n", buf.String()); d != "" {
			t.Fatal(d)
		}
	})
}
