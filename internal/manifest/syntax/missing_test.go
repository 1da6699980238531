package syntax

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/source"
)

// TestMissingCharacters removes each quote, brace, bracket and parenthesis of a manifest, one at a time: that is one
// error, in the line where it is missing. A brace alone on its line is missing after the line above.
func TestMissingCharacters(t *testing.T) {
	for _, name := range []string{"pairs.hcl", "pairs.test.hcl", "pairs.hcl.json"} {
		whole, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diags := parseWhole(name, whole); len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		line := 1
		for i, c := range whole {
			if c == '\n' {
				line++
			}
			if !strings.ContainsRune(`"{}[]()`, rune(c)) {
				continue
			}
			text := string(whole[:i]) + string(whole[i+1:])
			diags := parseWhole(name, []byte(text))
			if len(diags) == 0 { // the text is valid with another meaning
				t.Logf("%s:%d without %c is valid", name, line, c)
				continue
			}
			at := diags[0].Subject.Start.Line
			begin := strings.LastIndexByte(string(whole[:i]), '\n') + 1
			stoodAlone := strings.TrimSpace(string(whole[begin:i])) == ""
			if len(diags) != 1 || at != line && !(stoodAlone && (at == line-1 || line == 1 && at == 2)) {
				shown, _, _ := strings.Cut(text[begin:], "\n")
				t.Errorf("%s:%d without %c: %s\n%d errors, the first on line %d: %s: %s", name, line, c, shown, len(diags), at, diags[0].Summary, diags[0].Detail)
			}
		}
	}
}

func parseWhole(name string, text []byte) hcl.Diagnostics {
	_, diags := Parse(Whole(source.Document{Name: name, Data: text, JSON: strings.HasSuffix(name, ".json")}))
	return diags
}

// TestMissingPlaces shows the single error about a missing character, and its place.
func TestMissingPlaces(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"file \"/x\"\n  content = \"a\"\n}\n", "1:10-10 Missing opening brace: The brace of line 3 closes what this line is to open: file \"/x\" {"},
		{"file \"/x\" # a file\ncontent = \"a\"\n}\n", "1:10-10 Missing opening brace: The brace of line 3 closes what this line is to open: file \"/x\" {"},
		{"locals\n  a = 1\n}\nfile \"/x\" {}\n", "1:7-7 Missing opening brace: The brace of line 3 closes what this line is to open: locals {"},
		{"service \"a\" {\n  lifecycle\n    ignore = [\"x\"]\n  }\n}\n", "2:12-12 Missing opening brace: The brace of line 4 closes what this line is to open: lifecycle {"},
		{"exec \"a\" {\n  env =\n    A = \"1\"\n  }\n}\n", "2:8-8 Missing opening brace: The brace of line 4 closes what this line is to open: env = {"},
		{"exec \"a\" {\n  env = A = \"1\" }\n}\n", "2:9-9 Missing opening brace: The brace of line 2 has no opening one: here it is missing."},
		{"exec \"a\" {\n  env = {\n    A = \"1\"\n}\n\nfile \"/b\" {}\n", "3:12-12 Missing closing brace: The brace that opens on line 2 is not closed before the brace of line 4."},
		{"exec \"a\" {\n  command = \"x\", \"y\"]\n}\n", "2:13-13 Missing opening bracket: The bracket of line 2 has no opening one: here it is missing."},
		{"exec \"a\" {\n  command =\n    \"x\",\n  ]\n}\n", "2:12-12 Missing opening bracket: The bracket of line 4 has no opening one: here it is missing."},
		{"exec \"a\" {\n  command = [\"x\", \"y\")\n}\n", "2:22-23 Wrong parenthesis: The bracket that opens in this line is closed by ]."},
		{"exec \"a\" {\n  command = concat([\"x\")\n}\n", "2:24-24 Missing closing bracket: The bracket that opens on line 2 is not closed before the parenthesis of line 2."},
		{"file \"/x\" {\n  content = join \",\", [\"a\"])\n}\n", "2:18-18 Missing opening parenthesis: The parenthesis of line 2 has no opening one: here it is missing."},
		{"file \"/x\" {\n  content = a\"\n}\n", "2:13-15 Missing quote: This text has no opening quote: \"a\"."},
		{"file \"/x\" {\n  content = \"a\"\"\n}\n", "2:16-17 Unexpected quote: This quote is one too many: the others of its line are paired. A quote in a text is written \\\"."},
		{"file \"/x\" {\n  content = \"a ${upper(\"x)} b\"\n}\n", "2:24-26 Missing quote: This text has no closing quote: \"x\"."},
		{"file \"/x\" {\n  content = \"a ${var.a b\"\n}\n", "2:16-23 Missing closing brace: In this text, ${ or %{ has no } on the same line. A text that holds ${ itself is written with $${."},
		{"exec \"x\" {\n  command = [\"a, \"b\", \"c\"]\n}\n", "2:14-16 Missing quote: This text has no closing quote: \"a\"."},
		{"exec \"x\" {\n  env = { A = 1\", B = \"2\" }\n}\n", "2:15-17 Missing quote: This text has no opening quote: \"1\"."},
		{"file /x\" {\n  content = \"a\"\n}\n", "1:6-9 Missing quote: This text has no opening quote: \"/x\"."},
		{"file /etc/motd {\n  content = \"a\"\n}\n", "1:6-15 Missing quotes: The name of a block has quotes: file \"/etc/motd\" {"},
		{"file \"/x\" {\n  content = <<-EOT\n    %{ if var.a }\n    b\n  EOT\n}\n", "3:5-18 Missing endif: What %{ if begins here ends with %{ endif }, which is missing."},
		{"exec \"a\" {\n  command = [\"x\"\n\n  env {\n  }\n}\n", "2:17-17 Missing closing bracket: The bracket that opens on line 2 is not closed before the attribute of line 4."},
	} {
		diags := parseWhole("site.hcl", []byte(tt.text))
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

// A large manifest with many lines that seem to lack a character takes no longer.
func TestMissingInLarge(t *testing.T) {
	for name, line := range map[string]string{
		"a.hcl":      "exec \"a\" {\n  command = [\n    \"a\", \"b\"]\n}\n",
		"b.hcl":      "file \"a\" {\n  content = <<-EOT\n    ${upper(lower(\n      \"a\"))}\n  EOT\n}\n",
		"a.hcl.json": "{ \"a\": [\n  \"a\", \"b\"],\n",
		"b.hcl.json": "{ \"a\": \"b \"c \" d,\n",
	} {
		if diags := parseWhole(name, []byte(strings.Repeat(line, 800)+"file \"x\" {\n")); len(diags) == 0 {
			t.Errorf("%s is read", name)
		}
	}
}
