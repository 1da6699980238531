package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestWriteDiagnostics(t *testing.T) {
	files := map[string]*hcl.File{"a.hcl": {Bytes: []byte("one\ntwo \x1b[31m three\npw = \"hunter2\"\n")}}
	at := func(line, from, to int) *hcl.Range {
		return &hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: line, Column: 1, Byte: from}, End: hcl.Pos{Line: line, Column: 1 + to - from, Byte: to}}
	}
	secret := failure("Secret", "Nothing to see.", at(3, 19, 21))
	secretSource(secret)
	for _, c := range []struct {
		name  string
		diag  *hcl.Diagnostic
		color bool
		want  string
	}{
		{"place", failure("Bad", "Fix it.", at(1, 0, 3)), false, "Error: Bad\n\n  on a.hcl line 1:\n   1: one\n\nFix it.\n\n"},
		{"no place", failure("Bad", "Fix it.", nil), false, "Error: Bad\n\nFix it.\n\n"},
		{"control characters", failure("B\x1b[0m", "F\x07ix\x7f it.", at(2, 4, 7)), false, "Error: B?[0m\n\n  on a.hcl line 2:\n   2: two ?[31m three\n\nF?ix? it.\n\n"},
		{"color", failure("Bad", "", at(1, 0, 3)), true, "\x1b[31mError\x1b[0m: Bad\n\n  on a.hcl line 1:\n   1: \x1b[1;4mone\x1b[0m\n\n"},
		{"secret", secret, false, "Error: Secret\n\n  on a.hcl line 3:\n  (not shown: it holds a sensitive value)\n\nNothing to see.\n\n"},
		{"another file", failure("Bad", "", &hcl.Range{Filename: "b.hcl", Start: hcl.Pos{Line: 7}}), false, "Error: Bad\n\n  on b.hcl line 7:\n  (source code not available)\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteDiagnostics(&b, files, hcl.Diagnostics{c.diag}, 0, c.color); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("got  %q\nwant %q", b.String(), c.want)
			}
		})
	}
}

func TestWriteManyDiagnostics(t *testing.T) {
	var diags hcl.Diagnostics
	for range 1000 {
		diags = append(diags, failure("Bad", "", nil))
	}
	var b bytes.Buffer
	if err := WriteDiagnostics(&b, nil, diags, 0, false); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "Error:"); n != maxWritten || !strings.HasSuffix(b.String(), "… and 950 more.\n") {
		t.Errorf("%d written, the end is %q", n, b.String()[b.Len()-30:])
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want, err string }{
		{"a.hcl", "file \"a\" {\npath=\"/a\"\n  content   =   \"x\"\n}", "file \"a\" {\n  path    = \"/a\"\n  content = \"x\"\n}\n", ""},
		{"a.hcl", "", "", ""},
		{"a.hcl", "# kept\nlocals {\n  a=1 # this, too\n}\n", "# kept\nlocals {\n  a = 1 # this, too\n}\n", ""},
		{"a.hcl", "file {", "", "Unclosed configuration block"},
		{"a.hcl.json", `{"b":[1,{"z":1,"a":2}]}`, "{\n  \"b\": [\n    1,\n    {\n      \"z\": 1,\n      \"a\": 2\n    }\n  ]\n}\n", ""},
		{"a.hcl.json", `{"b":}`, "", "Missing JSON value"},
		{"a.hcl", strings.Repeat("(", 5000), "", "Nested too deep"},
	} {
		got, diags := Format([]byte(c.in), c.name)
		if diags.HasErrors() != (c.err != "") || diags.HasErrors() && diags[0].Summary != c.err || string(got) != c.want {
			t.Errorf("%q: got %q, %v, want %q, %s", c.in, got, diags, c.want, c.err)
		}
	}
}

func TestLongLinesAreCut(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"nested", "locals { a = " + strings.Repeat("(", 1<<17)},
		{"circle", longCircle(5000)},
		{"nul", strings.Repeat("\x00", 1<<17)},
	} {
		site, diags := loadText(tt.text, nil)
		var b bytes.Buffer
		if err := WriteDiagnostics(&b, site.Files, diags, 0, false); err != nil {
			t.Fatal(err)
		}
		if n := b.Len(); n == 0 || n > 100<<10 {
			t.Errorf("%s: %d bytes", tt.name, n)
		}
	}
	var b bytes.Buffer
	w := &shortLines{w: &b}
	for _, p := range []string{"ab", strings.Repeat("é", maxLine), "cut", "\n", "new\n\n", "end"} {
		if n, err := w.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := "ab" + strings.Repeat("é", maxLine/2-1) + "…\nnew\n\nend"; b.String() != want {
		t.Errorf("got %q", b.String())
	}
}

func longCircle(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "locals { a%d = local.a%d }\n", i, (i+1)%n)
	}
	return b.String()
}
