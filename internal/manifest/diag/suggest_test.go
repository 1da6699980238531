package diag

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// TestSuggest shows which name is suggested for an unknown one.
func TestSuggest(t *testing.T) {
	many := strings.Fields("a b c d e f g h i j k l m n")
	var long []string
	for i := range 20 {
		long = append(long, fmt.Sprintf("an-attribute-%02d", i))
	}
	for _, tt := range []struct {
		given string
		names []string
		what  string
		want  string
	}{
		{"pth", []string{"path", "mode"}, "It has", " Did you mean \"path\"?"},
		{"mdoe", []string{"path", "mode"}, "It has", " Did you mean \"mode\"?"},
		{"ab", []string{"ad", "ac"}, "", " Did you mean \"ac\"?"},
		{"content", []string{"path", "mode"}, "It has", " It has mode, path."},
		{"content", []string{"path", "mode"}, "", ""},
		{"content", nil, "It has", ""},
		{"content", many, "They are", " They are a, b, c, d, e, f, g, h, i, j, k, l, m, n."},
		{"content", long, "They are", " They are " + strings.Join(long[:12], ", ") + " and 8 more."},
		{"content", long[:12], "They are", " They are " + strings.Join(long[:12], ", ") + "."},
		{"foo", []string{"arch", "os"}, "It has", " It has arch, os."},
		{"ulr", []string{"url"}, "It has", " Did you mean \"url\"?"},
		{"mem", []string{"arch", "memory"}, "It has", " Did you mean \"memory\"?"},
		{"mem", []string{"arch", "memory", "member"}, "It has", " It has member, memory, arch."},
		{"passwd", []string{"a", "b_password", "z_pass", "zpasswrd"}, "It has", " Did you mean \"zpasswrd\"?"},
		{"hostname", []string{"a", "b", "hostlist", "kernel"}, "It has", " It has hostlist, a, b, kernel."},
		{"restart_when_changed", []string{"a", "restart_on", "when_needed", "z"}, "They are", " They are restart_on, when_needed, a, z."},
	} {
		if got := Suggest(tt.given, tt.names, tt.what); got != tt.want {
			t.Errorf("%s of %v: got %q, want %q", tt.given, tt.names, got, tt.want)
		}
	}
}

// TestSentences shows errors as sentences.
func TestSentences(t *testing.T) {
	for in, want := range map[string]string{
		"cannot read it": "Cannot read it.", "is it there?": "Is it there?", "It ends.": "It ends.", "": "",
		"n3.json sets it": "n3.json sets it.", "conf/site sets it": "conf/site sets it.", "node.os is a fact": "node.os is a fact.", "./a": "./a.", "web1: no": "web1: no.",
		"new_name is taken": "new_name is taken.", "a[0] is not": "a[0] is not.", "über.json sets it": "über.json sets it.",
		"no. It is": "No. It is.", "in all: none": "In all: none.", "well-known it is": "Well-known it is.", "ähnlich": "Ähnlich.", "a": "A.",
	} {
		if got := Sentence(errors.New(in)); got != want {
			t.Errorf("error %q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"must be a number": "must be a number.", "why?": "why?", "so.": "so."} {
		if got := End(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestTidy shows diagnostics in order, without duplicates.
func TestTidy(t *testing.T) {
	at := func(file string, b int) *hcl.Range {
		return &hcl.Range{Filename: file, Start: hcl.Pos{Line: 1, Column: b + 1, Byte: b}, End: hcl.Pos{Line: 1, Column: b + 2, Byte: b + 1}}
	}
	secret := Failure("S", "", at("b", 1))
	Hide(secret)
	in := hcl.Diagnostics{
		Failure("Z", "", at("b", 9)), secret, Failure("A", "one", at("a", 5)), Failure("A", "one", at("a", 5)),
		Failure("A", "two", at("a", 5)), Failure("N", "", nil), Failure("A", "one", at("a", 2)),
		{Severity: hcl.DiagError, Summary: "X", Extra: "a value", EvalContext: &hcl.EvalContext{}, Subject: at("c", 0)},
	}
	var got []string
	for _, d := range Tidy(in) {
		if d.EvalContext != nil || d.Expression != nil || d.Extra != nil && d.Summary != "S" {
			t.Errorf("%s keeps what a printer would show", d.Summary)
		}
		place := "-"
		if d.Subject != nil {
			place = fmt.Sprintf("%s%d", d.Subject.Filename, d.Subject.Start.Byte)
		}
		got = append(got, strings.TrimSpace(place+" "+d.Summary+" "+d.Detail))
	}
	want := "- N; a2 A one; a5 A one; a5 A two; b1 S; b9 Z; c0 X"
	if strings.Join(got, "; ") != want {
		t.Errorf("got %s,\nwant %s", strings.Join(got, "; "), want)
	}
}

// A panic becomes a diagnostic that does not contain its value.
func TestGuard(t *testing.T) {
	diags := Guard(func() hcl.Diagnostics { panic("hunter2") })
	if len(diags) != 1 || diags[0].Summary != "Internal error" || strings.Contains(diags[0].Detail, "hunter2") || !strings.Contains(diags[0].Detail, "suggest_test.go") {
		t.Errorf("%v", diags)
	}
	if diags := Guard(func() hcl.Diagnostics { return hcl.Diagnostics{Failure("A", "", nil)} }); len(diags) != 1 || diags[0].Summary != "A" {
		t.Errorf("%v", diags)
	}
}

// TestMisspelt shows which words count as misspellings of others.
func TestMisspelt(t *testing.T) {
	known := []string{"var", "var-file", "node", "root", "target", "json"}
	for given, want := range map[string]string{
		"vra": "var", "vars": "var", "var-fiel": "var-file", "traget": "target", "tagets": "target", "jsn": "json", "jsno": "json",
		"noop": "", "out": "", "f": "", "": "", "tags": "",
	} {
		if got := Misspelt(given, known); got != want {
			t.Errorf("%q is taken for %q, want %q", given, got, want)
		}
	}
}
