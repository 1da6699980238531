package diag

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestWrite(t *testing.T) {
	files := map[string]*hcl.File{"a.hcl": {Bytes: []byte("one\ntwo \x1b[31m three\npw = \"hunter2\"\n")}}
	at := func(line, from, to int) *hcl.Range {
		return &hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: line, Column: 1, Byte: from}, End: hcl.Pos{Line: line, Column: 1 + to - from, Byte: to}}
	}
	secret := Failure("Secret", "Nothing to see.", at(3, 19, 21))
	Hide(secret)
	for _, c := range []struct {
		name  string
		diag  *hcl.Diagnostic
		color bool
		want  string
	}{
		{"place", Failure("Bad", "Fix it.", at(1, 0, 3)), false, "Error: Bad\n\n  on a.hcl line 1:\n   1: one\n      ^^^\n\nFix it.\n\n"},
		{"no place", Failure("Bad", "Fix it.", nil), false, "Error: Bad\n\nFix it.\n\n"},
		{"control characters", Failure("B\x1b[0m", "F\x07ix\x7f it.", at(2, 4, 7)), false, "Error: B?[0m\n\n  on a.hcl line 2:\n   2: two ?[31m three\n      ^^^\n\nF?ix? it.\n\n"},
		{"color", Failure("Bad", "", at(1, 0, 3)), true, "\x1b[31mError\x1b[0m: Bad\n\n  on a.hcl line 1:\n   1: \x1b[1;4mone\x1b[0m\n\n"},
		{"secret", secret, false, "Error: Secret\n\n  on a.hcl line 3:\n  (not shown: it holds a sensitive value)\n\nNothing to see.\n\n"},
		{"another file", Failure("Bad", "", &hcl.Range{Filename: "b.hcl", Start: hcl.Pos{Line: 7}}), false, "Error: Bad\n\n  on b.hcl line 7:\n  (source code not available)\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, files, hcl.Diagnostics{c.diag}, 0, c.color); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("got  %q\nwant %q", b.String(), c.want)
			}
		})
	}
}

// The word is marked without colour as well, in its column on a terminal, and a long part of the source is cut.
func TestSnippet(t *testing.T) {
	const text = "a\tb = one\n漢字 e\u0301x = two\n{\n  3\n  4\n  5\n}\nlast\n"
	for _, c := range []struct {
		name     string
		from, to int // bytes
		line     int
		context  int // byte at which the context begins; -1: there is none
		want     string
	}{
		{"behind a tab", 6, 9, 1, -1, "   1: a\tb = one\n       \t    ^^^\n"},
		{"behind wide letters and an accent", 17, 21, 2, -1, "   2: 漢字 e\u0301x = two\n           ^^\n"},
		{"at the end of a line", 9, 9, 1, -1, "   1: a\tb = one\n       \t       ^\n"},
		{"of many lines", 28, 43, 3, -1, "   3: {\n      ^\n   4:   3\n   5:   4\n   6:   5\n      …\n"},
		{"of a near context", 32, 33, 4, 28, "   3: {\n   4:   3\n        ^\n"},
		{"of a context that begins far away", 44, 48, 8, 0, "   8: last\n      ^^^^\n"},
		{"behind the end of the file", 49, 49, 9, -1, "   8: last\n          ^\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Failure("Bad", "", &hcl.Range{Start: hcl.Pos{Line: c.line, Byte: c.from}, End: hcl.Pos{Line: c.line, Byte: c.to}})
			if c.context >= 0 {
				d.Context = &hcl.Range{Start: hcl.Pos{Line: 1 + strings.Count(text[:c.context], "\n"), Byte: c.context}, End: d.Subject.End}
			}
			if got := snippet(d, []byte(text), false); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// The place names the first declaration that was set, and a secret is not shown.
func TestWriteIn(t *testing.T) {
	d := Failure("Bad", "Fix it.", &hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 1}, End: hcl.Pos{Line: 1, Byte: 3}})
	Hide(d)
	In(In(hcl.Diagnostics{d}, `file.site["eu"]`), "module.web")
	var b bytes.Buffer
	if err := Write(&b, map[string]*hcl.File{"a.hcl": {Bytes: []byte("hunter2\n")}}, Tidy(hcl.Diagnostics{d}), 0, false); err != nil {
		t.Fatal(err)
	}
	want := "Error: Bad\n\n  on a.hcl line 1, in file.site[\"eu\"]:\n  (not shown: it holds a sensitive value)\n\nFix it.\n\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWriteManyDiagnostics(t *testing.T) {
	var diags hcl.Diagnostics
	for range 1000 {
		diags = append(diags, Failure("Bad", "", nil))
	}
	var b bytes.Buffer
	if err := Write(&b, nil, diags, 0, false); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "Error:"); n != maxWritten || !strings.HasSuffix(b.String(), "… and 950 more.\n") {
		t.Errorf("%d written, the end is %q", n, b.String()[b.Len()-30:])
	}
}

func TestLongLinesAreTruncated(t *testing.T) {
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
