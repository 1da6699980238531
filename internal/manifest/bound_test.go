package manifest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"converge/internal/resource"
)

// doubling is a manifest of n locals, each made of two of the one before.
func doubling(n int, first, next string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "locals {\n a0 = %s\n", first)
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, " a%d = %s\n", i, strings.ReplaceAll(next, "X", fmt.Sprintf("local.a%d", i-1)))
	}
	return b.String() + "}\n"
}

// Manifests as people write them stay allowed.
func TestNotTooMuch(t *testing.T) {
	for name, text := range map[string]string{
		"loops":       `locals { a = [for i in range(100): [for j in range(500): i * j]] }`,
		"product":     `locals { a = setproduct(range(100), range(100)) }`,
		"division":    "locals {\n a = 7 / 2\n b = 7 % 2\n c = 0 / 7\n}",
		"width":       `locals { a = format("%-20s|%08.3f|%5d%%", "x", 1.5, 3) }`,
		"replace":     `locals { a = replace("a,b,c", "/[a-c]/", "<$0>") }`,
		"yaml":        `locals { a = yamldecode("d: &d {a: 1, b: 2}\n` + strings.Repeat(`x: {<<: *d}\n`, 1) + `y: *d\nz: [*d, *d, *d]\nw:\n  - &l\n    p: *d\n  - *l") }`,
		"power":       `locals { a = [pow(2, 64), pow(-1, 1000001), pow(0, 0), pow(2, -1), pow(2, 0.5)] }`,
		"stars":       `locals { a = yamldecode("cron: '* * * * * a & b'") }`,
		"secret loop": `locals { a = [for i in range(100): [for j in range(500): sensitive("${i * j}")]] }`,
		"JSON":        `{"locals": {"a": [{"b": "x ${7 / 2} %{for i in range(3)}${i}%{endfor}", "${\"c\"}": [1, 2.5, true, null, ""]}]}}`,
		"long string": `locals { a = join("", [for i in range(1000): "` + strings.Repeat("x", 1000) + `"]) }`,
	} {
		if _, diags := loadText(text, nil); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

// A long evaluation is ended, and the error has a place.
func TestTooLong(t *testing.T) {
	const text = "locals {\n a = [for i in range(1000): [for j in range(400): i * j]]\n}"
	_, diags := Load(context.Background(), "-", Options{
		Kinds: resource.KindsOf(testKinds()...), Node: testNode(), Stdin: strings.NewReader(text), maxTime: 20 * time.Millisecond,
	})
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "more than 20ms of a processor's time") || diags[0].Subject == nil || diags[0].Subject.Start.Line != 2 {
		t.Errorf("%v", diags)
	}
}

// What a manifest makes from little is bounded, and the error has a place.
func TestTooMuch(t *testing.T) {
	// As "loop", but the lists are made once: making them takes longer than the bounded rounds.
	loop := "[for n in [range(1000)]: [for i in n: [for j in n: [for k in n: \"x\"]]]]"
	for name, text := range map[string]string{
		"text":             doubling(40, `"xxxxxxxxxxxxxxxx"`, `"${X}${X}"`),
		"concat":           doubling(36, "[1]", "concat(X, X)"),
		"shared":           doubling(30, "[1]", "[X, X]"),
		"shared, flat":     doubling(40, "[1]", "[X, X]") + "locals { b = length(flatten(local.a39)) }",
		"shared objects":   doubling(40, "{}", "{ a = X, b = X }"),
		"join":             doubling(40, `"xxxxxxxxxxxxxxxx"`, `join("", [X, X])`),
		"loop":             "locals { a = [for i in range(1000): [for j in range(1000): [for k in range(1000): \"x\"]]] }",
		"loop in call":     "locals { a = length(flatten(" + loop + ")) }",
		"loop in template": `locals { a = "x ${join("", flatten(` + loop + `))}" }`,
		"product":          "locals { a = setproduct(range(1000), range(1000), range(1000)) }",
		"width":            `locals { a = format("%999999999s", "x") }`,
		"widths":           `locals { a = formatlist("%0999999999d", [1, 2]) }`,
		"indent":           `locals { a = indent(1000000000, "a\nb") }`,
		"replace":          doubling(5, `"`+strings.Repeat("a", 1000)+`"`, `replace(X, "a", "`+strings.Repeat("a", 1000)+`")`),
		"replace by regex": `locals { a = replace("` + strings.Repeat("a", 100_000) + `", "/a/", "` + strings.Repeat("b", 10_000) + `") }`,
		"replace nothing":  `locals { a = replace("` + strings.Repeat("a", 100_000) + `", "", "` + strings.Repeat("b", 10_000) + `") }`,
		"yaml":             `locals { a = yamldecode("` + laughs(9) + `") }`,
		"yaml deep":        `locals { a = yamldecode("` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `") }`,
		"json deep":        `locals { a = jsondecode("` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `") }`,
		"all contents": `file "x" {
  for_each = toset([for i in range(1000): tostring(i)])
  path     = "/x/${each.key}"
  content  = join("", [for i in range(1024): join("", [for j in range(1024): "0123456789"])])
}`,
		"division by zero":            `locals { a = 1 / 0 }`,
		"division in a string":        `locals { a = "${1 / 0}" }`,
		"division by a variable":      "locals {\n a = 0\n b = \"x ${1 / local.a}\"\n}",
		"remainder":                   `locals { a = 1 % 0 }`,
		"division in a for":           `locals { a = [for i in [1, 0]: 1 / i] }`,
		"division in for_each":        "file \"x\" {\n for_each = { for i in [0]: \"${1 / i}\" => i }\n path = \"/x\"\n}",
		"logarithm of nothing":        `locals { a = "${log(0, 10)}" }`,
		"power":                       `locals { a = pow(10, pow(10, 8)) }`,
		"negative power of zero":      `locals { a = "${pow(0, -1)}" }`,
		"division in an argument":     `locals { a = tostring(1 / 0) }`,
		"division in a condition":     "variable \"a\" {\n default = 1\n validation {\n condition = 1 / (var.a - 1) > 0\n error_message = \"x\"\n }\n}",
		"loop that is tried":          "locals { a = try(length(flatten(" + loop + ")), 0) }",
		"loop over loops":             "locals { a = [for x in " + loop + ": x] }",
		"secret loop":                 "locals { a = [for i in range(1000): [for j in range(501): sensitive(j)]] }",
		"JSON, division":              `{"locals": {"a": "x ${1/0}"}}`,
		"JSON, division in an object": `{"locals": {"a": [{"b": "x ${1/0} y"}]}}`,
		"JSON, division in a key":     `{"locals": {"a": {"${1/0}": 1}}}`,
		"JSON, loop":                  `{"locals": {"a": ["x ${length(flatten(` + strings.ReplaceAll(loop, `"`, `\"`) + `))}"]}}`,
		"JSON, resource":              `{"file": {"/x": {"content": "x ${1/0}"}}}`,
		"JSON, depends_on":            `{"file": {"/x": {"depends_on": ["${1/0}"]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := loadText(text, nil)
			if !diags.HasErrors() || diags[0].Subject == nil || diags[0].Summary == "Internal error" {
				t.Errorf("%v", diags)
			}
		})
	}
}

func laughs(levels int) string {
	out := `a0: &a0 [x,x,x,x,x,x,x,x,x]`
	for i := 1; i <= levels; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		out += fmt.Sprintf(`\na%d: &a%d [%s]`, i, i, strings.Join([]string{alias, alias, alias, alias, alias, alias, alias, alias, alias}, ","))
	}
	return out
}
