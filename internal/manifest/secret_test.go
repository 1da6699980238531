package manifest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
	"converge/resources"
)

const secretText = "hunter2"

// Every function, with the secret in every position and form: neither its error nor an unmarked value contains the
// secret.
func TestNoFunctionTellsASecret(t *testing.T) {
	l := newLoader(context.Background(), nil, Options{})
	names := append(sortedNames(l.funcs.Functions), sortedNames(l.newModule(nil, nil, nil, ".").ctx.Functions)...)
	if len(names) < 100 {
		t.Errorf("%d functions", len(names))
	}
	args := []string{
		"P", "P, P", "P, \"x\"", "\"x\", P", "[P]", "{ a = P }", "{ (P) = 1 }", "[P], [P]", "[P], P", "P, [P]", "\"x\", [P]",
		"{ a = P }, \"a\"", "{ a = 1 }, P", "{ a = 1 }, P, P", "P, P, P", "\"x\", P, P", "[P], [P], [P]", "1, P", "P, 10", "[\"x\"], 5, P",
		"\"%d\", P", "\"%s %d\", P, P", "\"[\", P", "P, 1, 2", "\"10.0.0.0/8\", P", "\"10.0.0.0/8\", 1, P", "[[P]]...", "P...",
		"\"t.tmpl\", { pw = P }", "\"t.tmpl\", P", "jsonencode([P])", "jsonencode({ a = P })", "\"{${P}\"", "toset([P])", "tomap({ a = P })",
	}
	var b strings.Builder
	b.WriteString("variable \"pw\" {\n sensitive = true\n default = \"" + secretText + "\"\n}\n")
	n := 0
	for _, name := range names {
		if name == "nonsensitive" {
			continue
		}
		for _, a := range args {
			call := name + "(" + strings.ReplaceAll(a, "P", "var.pw") + ")"
			fmt.Fprintf(&b, "file \"/%d\" { content = %s }\nfile \"/j%d\" { content = jsonencode(%s) }\n", n, call, n, call)
			n++
		}
	}
	o := Options{Kinds: resource.KindsOf(testKinds()...), Stdin: strings.NewReader(b.String())}
	site, diags := Load(context.Background(), "-", o)
	checkSilent(t, site, diags)
	// A failure stops the load, so the other functions are loaded again.
	failed := map[int]bool{}
	for _, d := range diags {
		if d.Subject == nil {
			t.Fatal(d)
		}
		failed[d.Subject.Start.Line] = true
	}
	var good strings.Builder
	for i, line := range strings.SplitAfter(b.String(), "\n") {
		if !failed[i+1] {
			good.WriteString(line)
		}
	}
	o.Stdin = strings.NewReader(good.String())
	site, diags = Load(context.Background(), "-", o)
	checkSilent(t, site, diags)
	if diags.HasErrors() || len(site.Resources) < 500 {
		t.Errorf("%d resources, %v", len(site.Resources), diags)
	}
}

// checkSilent fails if the secret appears in diagnostics, or in a value that is not secret, in any case, encoding or
// direction.
func checkSilent(t *testing.T, site *Site, diags hcl.Diagnostics) {
	t.Helper()
	tells := func(s string) bool {
		s = strings.ToLower(s)
		return strings.Contains(s, secretText) || strings.Contains(s, "2retnuh") || strings.Contains(s, "ahvudgvymg") || strings.Contains(s, "unter2")
	}
	for _, d := range diags {
		if tells(d.Summary) || tells(d.Detail) {
			t.Errorf("a diagnostic tells the secret: %s", d)
		}
	}
	for _, r := range site.Resources {
		for name, v := range r.Want.AsValueMap() {
			if tells(valueText(v)) && !r.Secret[name] {
				t.Errorf("%s: %s tells the secret", r.Addr, name)
			}
		}
		for _, d := range r.DependsOn {
			if tells(d.Reason) {
				t.Errorf("%s: an edge tells the secret", r.Addr)
			}
		}
	}
	for name, v := range site.Inputs.Vars {
		if tells(string(v)) {
			t.Errorf("the inputs tell the secret: %s", name)
		}
	}
}

// The real kinds instead of the kinds of these tests.
func TestSecretsOfRealKinds(t *testing.T) {
	text := `variable "pw" {
  sensitive = true
  default   = "hunter2"
}
file "/1" { content = "x${var.pw}" }
template "/2" {
  inline = "{{ .vars.pw }}"
  vars   = { pw = var.pw }
}
template "/3" { inline = var.pw }
link "/4" { target = "/x/${var.pw}" }
`
	kinds := []*resource.Kind{resources.File(nil), resources.Template(nil), resources.Directory(nil), resources.Link(nil)}
	site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(kinds...), Stdin: strings.NewReader(text)})
	if diags.HasErrors() || len(site.Resources) != 4 {
		t.Fatal(diags)
	}
	checkSilent(t, site, diags)
	for _, bad := range []string{
		"file \"/1\" { mode = var.pw }", "file \"/1\" { owner = \"${var.pw}:/\" }", "file \"/1\" { verify = [\"{path}${var.pw}\"] }",
		"file \"/1\" { sha256 = var.pw }", "file \"/1\" { source = \"${var.pw}://\" }", "link \"/1\" { target = \"${var.pw}\\u0000\" }",
		"template \"/1\" { inline = \"{{ ${var.pw} }}\" }", "template \"/1\" {\n source = var.pw\n}", "file \"/1\" { backup = \"/${var.pw}\" }",
	} {
		head, _, _ := strings.Cut(text, "file")
		site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(kinds...), Stdin: strings.NewReader(head + bad)})
		var b bytes.Buffer
		if err := diag.Write(&b, site.Files, diags, 0, true); err != nil {
			t.Fatal(err)
		}
		if !diags.HasErrors() {
			t.Errorf("%s: no error", bad)
		}
		for _, d := range diags {
			if strings.Contains(d.Summary+d.Detail, secretText) {
				t.Errorf("%s: %s", bad, d)
			}
		}
	}
}
