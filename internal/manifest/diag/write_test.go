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
		{"place", Failure("Bad", "Fix it.", at(1, 0, 3)), false, "Error: Bad\n\n  on a.hcl line 1:\n   1: one\n\nFix it.\n\n"},
		{"no place", Failure("Bad", "Fix it.", nil), false, "Error: Bad\n\nFix it.\n\n"},
		{"control characters", Failure("B\x1b[0m", "F\x07ix\x7f it.", at(2, 4, 7)), false, "Error: B?[0m\n\n  on a.hcl line 2:\n   2: two ?[31m three\n\nF?ix? it.\n\n"},
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
