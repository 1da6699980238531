package syntax

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
)

// TestUnpairedJSON shows the error about an unpaired JSON bracket, and its place.
func TestUnpairedJSON(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"role": "web"}}`, "1:16-17 Unexpected brace: This } closes nothing: each one before it is closed already."},
		{`{"role": "web"}]`, "1:16-17 Unexpected bracket: This ] closes nothing: each one before it is closed already."},
		{"{\n  \"role\": \"web\"\n}}\n", "3:2-3 Unexpected brace: This } closes nothing: each one before it is closed already."},
		{`}`, "1:1-1 Missing opening brace: A manifest in JSON is one object: the file begins with {."},
		{`{"package":{"a":{"depends_on":["package.b"}}}`, "1:43-43 Missing closing bracket: The bracket that opens on line 1 is not closed: here ] is missing."},
		{"{\"a\": [1,\n \"b\": 2}", "1:9-9 Missing closing bracket: The bracket that opens on line 1 is not closed: here ] is missing."},
		{`{"a": [1, 2, "b": 2}`, "1:12-12 Missing closing bracket: The bracket that opens on line 1 is not closed: here ] is missing."},
		{`{"a": [{"b": 1, {"b": 2}]}`, "1:15-15 Missing closing brace: The brace that opens on line 1 is not closed: here } is missing."},
		{`{"a": ["x"}, "b": ["y"}}`, "1:11-11 Missing closing bracket: The bracket that opens on line 1 is not closed: here ] is missing."},
		{"{\n\"a\": [\n1\n}\n", "3:2-2 Missing closing bracket: The bracket that opens on line 2 is not closed: here ] is missing."},
		{`{"a": ["x"}}`, "1:11-12 Wrong brace: The [ of line 1 is closed by ]."},
		{`{"a": {"b": 1]}`, "1:14-15 Wrong bracket: The { of line 1 is closed by }."},
		{`{"a": [1}]}`, "1:9-10 Unexpected brace: This } closes nothing: what is open here is the [ of line 1."},
		{`{"file": "/a": {"content": "x"}}}`, "1:10-10 Missing opening brace: Here { is missing: a } of this line has none."},
		{`{"a": ["x", "y"]]}`, "1:7-7 Missing opening bracket: Here [ is missing: a ] of this line has none. Or that ] is one too many."},
	} {
		diags := parseWhole("t.json", []byte(tt.text))
		if len(diags) != 1 {
			t.Errorf("%q: %d errors: %v", tt.text, len(diags), diags)
			continue
		}
		at := diags[0].Subject
		got := fmt.Sprintf("%d:%d-%d %s: %s", at.Start.Line, at.Start.Column, at.End.Column, diags[0].Summary, diags[0].Detail)
		if got != tt.want {
			t.Errorf("%q:\ngot  %q,\nwant %q", tt.text, got, tt.want)
		}
	}
}

// FuzzExplainJSON: if a character of a document is removed, doubled or inserted, and the document is not JSON then, it
// has one error.
func FuzzExplainJSON(f *testing.F) {
	pairs, err := os.ReadFile("testdata/pairs.hcl.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(pairs), `{"role": "web"}`, `{"package":{"a":{"depends_on":["package.b"]}}}`, "{\"a\": [1],\n \"b\": 2}", "[\n1,\n{\"a\": \"\\\"\"\n}\n]\n", ""} {
		for _, c := range []byte(`{}[]",:`) {
			f.Add([]byte(text), len(text)/2, c)
			f.Add([]byte(text), len(text), c)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, at int, c byte) {
		checkExplained(t, text)
		if at < 0 || at > len(text) {
			return
		}
		checkExplained(t, slices.Insert(slices.Clone(text), at, c))
		if at < len(text) {
			checkExplained(t, slices.Insert(slices.Clone(text), at, text[at]))
			checkExplained(t, slices.Delete(slices.Clone(text), at, at+1))
		}
	})
}

// checkExplained reports a text that is not JSON and does not have exactly one error.
func checkExplained(t *testing.T, text []byte) {
	t.Helper()
	if json.Valid(text) {
		return
	}
	diags := ExplainJSON("t.json", text, nil)
	if len(diags) != 1 || diags[0].Summary == "" || diags[0].Detail == "" {
		t.Fatalf("%q: %v", text, diags)
	}
	if r := diags[0].Subject; r.Start.Byte > r.End.Byte || r.End.Byte > len(text) {
		t.Fatalf("%q: %v", text, r)
	}
}
