package manifest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

// loadSecrets loads a manifest; the text of each secret is its source's value in capitals.
func loadSecrets(t *testing.T, text string, without bool) (site *Site, asked []string, errs string) {
	t.Helper()
	site, diags := Load(t.Context(), "-", Options{
		Kinds: resource.KindsOf(realKinds()...), Node: testNode(), Stdin: strings.NewReader(text), WithoutSecrets: without,
		ReadSecret: func(_ context.Context, s SecretSource) (string, error) {
			asked = append(asked, fmt.Sprintf("%s %s %s%s", s.Name, s.From, s.Value, strings.Join(s.Command, " ")))
			if s.Value == "broken" {
				return "", errors.New("the key is another one")
			}
			return strings.ToUpper(s.Value), nil
		},
	})
	var out []string
	for _, d := range diags {
		out = append(out, d.Summary+": "+d.Detail)
	}
	return site, asked, strings.Join(out, "\n")
}

// TestSecretsAtATime: secrets that programs print are read in parallel: here each waits for the other.
func TestSecretsAtATime(t *testing.T) {
	t.Parallel()
	begun := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{})}
	other := map[string]string{"a": "b", "b": "a"}
	text := "secret \"a\" { command = [\"x\"] }\nsecret \"b\" { sops = \"y\" }\nfile \"/f\" { content = \"${secret.a}${secret.b}\" }"
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	_, diags := Load(ctx, "-", Options{
		Kinds: resource.KindsOf(realKinds()...), Node: testNode(), Stdin: strings.NewReader(text),
		ReadSecret: func(ctx context.Context, s SecretSource) (string, error) {
			close(begun[s.Name]) // a second read would panic
			select {
			case <-begun[other[s.Name]]:
				return "text-of-" + s.Name, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
	})
	if diags.HasErrors() {
		t.Error(diags)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	const two = "secret \"a\" { file = \"alpha\" }\nsecret \"b\" { credential = \"beta\" }\n"
	for name, c := range map[string]struct {
		text  string
		asked []string
		want  string // content of the first file
		errs  string
	}{
		"not referenced":     {text: two + `file "/f" { content = "x" }`, want: "x"},
		"referenced":         {text: two + `file "/f" { content = "pw=${secret.a}" }`, asked: []string{"a file alpha"}, want: "pw=ALPHA"},
		"twice":              {text: two + "file \"/f\" { content = secret.b }\nfile \"/g\" { content = secret[\"b\"] }", asked: []string{"b credential beta"}, want: "BETA"},
		"through a local":    {text: two + "locals { x = secret.a }\nfile \"/f\" { content = local.x }", asked: []string{"a file alpha"}, want: "ALPHA"},
		"made of a variable": {text: "variable \"n\" { default = \"x\" }\nsecret \"a\" { file = \"${var.n}.txt\" }\nfile \"/f\" { content = secret.a }", asked: []string{"a file x.txt"}, want: "X.TXT"},
		"by another":         {text: "secret \"a\" { file = \"alpha\" }\nsecret \"b\" { command = [\"get\", secret.a] }\nfile \"/f\" { content = \"x${secret.b}\" }", asked: []string{"a file alpha", "b command get ALPHA"}, want: "x"},
		"a shell":            {text: "secret \"b\" { command = \"get it\" }\nfile \"/f\" { content = \"x${secret.b}\" }", asked: []string{"b command /bin/sh -c get it"}, want: "x"},
		"circle":             {text: "secret \"a\" { file = secret.b }\nsecret \"b\" { file = secret.a }\nfile \"/f\" { content = secret.b }", errs: "Circular reference: These references form a circle"},
		"broken":             {text: "secret \"a\" { file = \"broken\" }\nfile \"/f\" { content = secret.a }", asked: []string{"a file broken"}, errs: `Cannot read a secret: secret.a: the key is another one.`},
		"unknown":            {text: two + `file "/f" { content = secret.aa }`, errs: `Unknown secret: No secret "aa" is declared. Did you mean "a"?`},
		"no source":          {text: "secret \"a\" {}", errs: "Secret without a source: A secret needs one of credential, age, sops, command, file."},
		"two sources":        {text: "secret \"a\" {\n file = \"x\"\n age = \"y\"\n}", errs: "Two sources of a secret: A secret has one source: file or age."},
		"twice declared":     {text: "secret \"a\" { file = \"x\" }\nsecret \"a\" { file = \"x\" }", errs: `Declared twice: The secret "a" is declared at <stdin>:1 already.`},
		"of another source":  {text: "secret \"a\" {\n file = \"x\"\n timeout = \"1s\"\n}", errs: `Attribute of another source: The attribute "timeout" is for a secret from command or sops.`},
		"bad timeout":        {text: "secret \"a\" {\n command = \"x\"\n timeout = \"soon\"\n}\nfile \"/f\" { content = secret.a }", errs: `Invalid secret: In secret.a, timeout must be a duration such as "30s".`},
		"a name":             {text: two + `file "f" { path = "/${secret.a}" }`, errs: "Sensitive name"},
		"in a validation": {
			text: two + "variable \"v\" {\n default = 1\n validation {\n condition = secret.a != \"\"\n error_message = \"x\"\n }\n}\nfile \"/f\" { content = secret.a }",
			errs: "Secret in a validation: A variable is checked before any secret is read.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, asked, errs := loadSecrets(t, c.text, false)
			if c.errs == "" && errs != "" || !strings.Contains(errs, c.errs) {
				t.Fatalf("errors %q, want %q", errs, c.errs)
			}
			if c.errs != "" {
				return
			}
			if d := cmp.Diff(c.asked, asked); d != "" {
				t.Errorf("read: %s", d)
			}
			if got := contentOf(t, site.Resources[0]); got != c.want {
				t.Errorf("content %q, want %q", got, c.want)
			}
			if len(asked) > 0 && !site.Resources[0].Secret["content"] {
				t.Error("the content is not sensitive")
			}
		})
	}
}

// TestWithoutSecrets: if secrets are not read, nothing is refused because of that, and everything else is checked.
func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	const s = "secret \"a\" { file = \"broken\" }\nsecret \"b\" { command = [\"x\", secret.a] }\n"
	for name, c := range map[string]struct{ text, addr, errs string }{
		"a content":       {text: `file "/f" { content = secret.a }`},
		"of a part":       {text: `file "/f" { content = jsondecode(secret.a).pw }`},
		"of a second":     {text: `file "/f" { content = secret.b }`},
		"chosen":          {text: `file "/f" { content = secret.a == "x" ? "y" : "z" }`},
		"counted":         {text: `file "/f" { content = "${length(secret.a)}" }`},
		"a mode":          {text: "file \"/f\" {\n content = \"\"\n mode = nonsensitive(secret.a)\n}"},
		"of a template":   {text: "template \"/f\" {\n inline = \"{{ .pw.name }}\"\n vars = { pw = jsondecode(secret.a) }\n}"},
		"a password":      {text: `user "u" { password = secret.a }`},
		"a switch":        {text: "file \"/f\" {\n content = \"x\"\n when = secret.a == \"x\"\n}"},
		"a command":       {text: "exec \"e\" {\n command = [\"x\", secret.a]\n always = true\n}"},
		"a whole command": {text: "exec \"e\" {\n command = jsondecode(secret.a)\n always = true\n}"},
		"keys":            {text: "file \"f\" {\n for_each = nonsensitive(jsondecode(secret.a))\n path = \"/${each.key}\"\n}"},
		"notified":        {text: "service \"s\" {}\nfile \"/f\" {\n content = \"x\"\n notifies = secret.a == \"\" ? [] : [service.s.restart]\n}"},
		"a wrong path":    {text: "file \"/f/../g\" { content = secret.a }", errs: "must be a clean path"},
		"a wrong name":    {text: "file \"/f\" { content = secret.c }", errs: "Unknown secret"},
		"a wrong type":    {text: "file \"/f\" {\n content = secret.a\n mode = []\n}", errs: "Invalid value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, asked, errs := loadSecrets(t, s+c.text, true)
			if c.errs == "" && errs != "" || !strings.Contains(errs, c.errs) {
				t.Fatalf("errors %q, want %q", errs, c.errs)
			}
			if asked != nil {
				t.Errorf("read %q", asked)
			}
			for _, r := range site.Resources {
				if r.Kind.Links != nil && !r.Off {
					r.Kind.Links(r.Want) // must not panic
				}
			}
		})
	}
}

// TestSecretsOfModules: a module receives a secret as an input, and cannot declare one.
func TestSecretsOfModules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct{ root, module, errs string }{
		"an input":    {"secret \"a\" { file = \"alpha\" }\nmodule \"m\" {\n source = \"./MODULE\"\n pw = secret.a\n}", "variable \"pw\" {\n validation {\n condition = length(var.pw) > 3\n error_message = \"short\"\n }\n}\nfile \"/f\" { content = var.pw }", ""},
		"its own":     {`module "m" { source = "./MODULE" }`, `secret "a" { file = "x" }`, "Secret in a module"},
		"of the root": {"secret \"a\" { file = \"alpha\" }\nmodule \"m\" { source = \"./MODULE\" }", `file "/f" { content = secret.a }`, "A module has a variable for one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := dir + "/" + strings.ReplaceAll(name, " ", "-")
			writeFiles(t, own, map[string]string{"main.hcl": strings.ReplaceAll(c.root, "MODULE", "m"), "m/main.hcl": c.module})
			for _, without := range []bool{false, true} {
				site, diags := Load(t.Context(), own, Options{
					Kinds: resource.KindsOf(realKinds()...), WithoutSecrets: without,
					ReadSecret: func(_ context.Context, s SecretSource) (string, error) { return strings.ToUpper(s.Value), nil },
				})
				errs := diags.Error()
				if c.errs == "" && diags.HasErrors() || !strings.Contains(errs, c.errs) {
					t.Fatalf("errors %q, want %q", errs, c.errs)
				}
				if c.errs == "" && !without && contentOf(t, site.Resources[0]) != "ALPHA" {
					t.Error("the module does not have it")
				}
			}
		})
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
