package manifest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestAdviceOnOtherFiles: the advice about other tools' files of values works, and a manifest that follows it gets no
// warning.
func TestAdviceOnOtherFiles(t *testing.T) {
	const hclText, jsonText, yamlText = "size = \"a\"\n", `{"size": "a"}`, "size: a\n"
	for file, c := range map[string]struct{ text, advised string }{
		"a.tfvars":               {hclText, "--var-file and data"},
		"a.auto.tfvars.json":     {jsonText, "--var-file and data"},
		"vars.json":              {jsonText, "--var-file and data"},
		"variables.json":         {jsonText, "--var-file and data"},
		"vars.yml":               {yamlText, "yamldecode"},
		"vars.yaml":              {yamlText, "yamldecode"},
		"variables.yaml":         {yamlText, "yamldecode"},
		"values.yaml":            {yamlText, "yamldecode"},
		"values.yml":             {yamlText, "yamldecode"},
		"group_vars/all.yml":     {yamlText, "yamldecode"},
		"group_vars/all":         {yamlText, "yamldecode"},
		"group_vars/web/a.yaml":  {yamlText, "yamldecode"},
		"host_vars/web1.json":    {jsonText, "--var-file and data"},
		"group_vars.yml":         {yamlText, "yamldecode"},
		"hiera.yaml":             {"version: 5\n", "data"},
		"group_vars/README.md":   {"x", "nothing"},
		"module/vars.yml":        {yamlText, "yamldecode"},
		"module/a.tfvars":        {hclText, "nothing"},
		"module/group_vars/a.b/": {"", "nothing"},
	} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, file)
			put := func(path, text string) {
				t.Helper()
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			site, followed := "variable \"size\" { default = \"b\" }\n", dir
			if strings.HasPrefix(file, "module/") {
				site += "module \"m\" { source = \"./module\" }\n"
				put(filepath.Join(dir, "module", "m.hcl"), "file \"/a\" { content = \"x\" }\n")
				followed = filepath.Join(dir, "module")
			}
			put(filepath.Join(dir, "site.hcl"), site)
			if strings.HasSuffix(file, "/") {
				if err := os.MkdirAll(path, 0o755); err != nil {
					t.Fatal(err)
				}
			} else {
				put(path, c.text)
			}
			read := func(varFiles ...string) hcl.Diagnostics {
				_, diags := Load(t.Context(), dir, Options{Kinds: resource.KindsOf(testKinds()...), VarFiles: varFiles, Node: func() (cty.Value, error) {
					return cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("web1")}), nil
				}})
				return diags
			}
			diags := read()
			if len(diags) != 1 || diags[0].Severity != hcl.DiagWarning {
				t.Fatalf("it says %v", diags)
			}
			advice, n := diags[0].Detail, 0
			if m := regexp.MustCompile(`--var-file (\S+),`).FindStringSubmatch(advice); m != nil {
				n++
				if diags := read(m[1]); len(diags) > 0 {
					t.Errorf("followed with --var-file %s: %v", m[1], diags)
				}
			}
			for _, written := range regexp.MustCompile(`settings \{.*?\] \}|locals \{ .*? \}`).FindAllString(advice, -1) {
				n++
				put(filepath.Join(followed, "more.hcl"), written+"\n")
				if diags := read(); len(diags) > 0 {
					t.Errorf("followed with %s: %v", written, diags)
				}
			}
			if want := map[string]int{"--var-file and data": 2, "yamldecode": 1, "data": 1, "nothing": 0}[c.advised]; n != want || n == 1 && !strings.Contains(advice, c.advised) {
				t.Errorf("advised is %q, want %s", advice, c.advised)
			}
		})
	}
}
