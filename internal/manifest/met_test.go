package manifest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
	"converge/resources"
)

// The strings of an evaluation that must be removed from commands' output.
func TestSecretsMet(t *testing.T) {
	const vars = `variable "pw" {
  sensitive = true
  default   = "hunter2"
}
variable "db" {
  sensitive = true
  default   = { user = "webapp", port = 54321, tls = true, keys = ["key-one", "key-two"] }
}
variable "plain" { default = "nothing secret" }
`
	for _, c := range []struct {
		summary, text string
		met           []string // beyond hunter2, webapp, 54321, key-one, key-two
	}{
		{"a variable that nothing uses", "", nil},
		{"part of a line", `file "/x" { content = "pw=${var.pw}\n" }`, []string{"pw=hunter2\n"}},
		{"a function inside a template", `file "/x" { content = "pw=${upper(var.pw)}\n" }`, []string{"HUNTER2", "pw=HUNTER2\n"}},
		{"a function inside a function", `file "/x" { content = base64encode("u:${strrev(var.pw)}") }`, []string{"2retnuh", "u:2retnuh", "dToycmV0bnVo"}},
		{"a local, an index", `locals { key = var.db.keys[1] }`, nil},
		{"a local of a call", `locals { key = substr(var.db.keys[1], 0, 4) }`, []string{"key-"}},
		{"a conditional", `file "/x" { content = var.plain == "" ? "" : "a${lower(var.pw)}b" }`, []string{"ahunter2b"}},
		{"a for expression", `file "/x" { content = join(",", [for k in var.db.keys : "x${upper(k)}"]) }`, []string{"KEY-ONE", "KEY-TWO", "xKEY-ONE", "xKEY-TWO", "xKEY-ONE,xKEY-TWO"}},
		{"a for directive", `file "/x" { content = "%{for k in var.db.keys}<${upper(k)}>%{endfor}" }`, []string{"KEY-ONE", "KEY-TWO", "<KEY-ONE>", "<KEY-TWO>", "<KEY-ONE><KEY-TWO>"}},
		{"JSON", `file "/x" { content = jsondecode("{\"a\":\"${var.pw}\"}").a }`, []string{`{"a":"hunter2"}`}},
		{"sensitive()", `file "/x" { content = "x${sensitive("made here")}" }`, []string{"made here", "xmade here"}},
		{"a sensitive resource", "file \"/x\" {\n  content   = \"its content\"\n  sensitive = true\n}", []string{"its content"}},
		{"a reference to a sensitive resource", "file \"/x\" {\n  content   = \"its content\"\n  sensitive = true\n}\nfile \"/y\" { content = \"<${file[\"/x\"].content}>\" }", []string{"its content", "<its content>"}},
		{"a name of a sensitive map, used as a value", `file "/x" { content = join(",", keys(var.db)) }`, []string{"keys,port,tls,user", "keys", "port", "user"}},
		{"names of a sensitive map", `file "/x" { content = "${length(var.db)}" }`, nil},
		{"nonsensitive", `file "/x" { content = nonsensitive(var.db.user) }`, []string{"-webapp"}},
		{"nothing of a plain value", `file "/x" { content = upper(var.plain) }`, nil},
		{"a password in a URL", "file \"/x\" {\n  source = \"https://ada:in-a-url@x.example.com/x?y\"\n  sha256 = \"" + strings.Repeat("a", 64) + "\"\n}", []string{"in-a-url"}},
		{"neither names nor flags", `file "/x" { content = jsonencode({ token = var.db.tls }) }`, []string{`{"token":true}`}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			site, diags := Load(context.Background(), "-", Options{
				Kinds: resource.KindsOf(resources.File(nil)), Stdin: strings.NewReader(vars + c.text),
			})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			want := []string{"hunter2", "webapp", "54321", "key-one", "key-two"}
			for _, m := range c.met {
				if without, ok := strings.CutPrefix(m, "-"); ok {
					want = slices.DeleteFunc(want, func(w string) bool { return w == without })
					continue
				}
				want = append(want, m)
			}
			slices.Sort(want)
			slices.Sort(site.Secrets.Secrets)
			if d := cmp.Diff(want, site.Secrets.Secrets); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSecretsMetInModulesAndJSON(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"site.hcl.json": `{"variable": {"pw": {"default": "hunter2", "sensitive": true}},
			"module": {"m": {"source": "./m", "token": "tok-${upper(var.pw)}"}},
			"file": {"/x": {"content": "<${module.m.out}>"}, "/y": {"content": "${strrev(var.pw)}!"}}}`,
		"m/m.hcl": "variable \"token\" {}\noutput \"out\" { value = \"out of ${var.token}\" }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	site, diags := Load(context.Background(), dir, Options{Kinds: resource.KindsOf(resources.File(nil))})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []string{"2retnuh", "2retnuh!", "<out of tok-HUNTER2>", "HUNTER2", "hunter2", "out of tok-HUNTER2", "tok-HUNTER2"}
	slices.Sort(site.Secrets.Secrets)
	if d := cmp.Diff(want, site.Secrets.Secrets); d != "" {
		t.Error(d)
	}
}

// A failed evaluation also returns the sensitive strings that it met.
func TestSecretsMetBeforeAFailure(t *testing.T) {
	site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(testKinds()...), Stdin: strings.NewReader(
		"variable \"pw\" {\n sensitive = true\n default = \"hunter2\"\n}\nlocals { x = parseint(var.pw, 10) }\n",
	)})
	if !diags.HasErrors() || !slices.Contains(site.Secrets.Secrets, "hunter2") {
		t.Error(diags, site.Secrets)
	}
}
