package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// TestUnreadValues: the error about an unreadable file of values has the column and the cause, and quotes nothing of the file.
func TestUnreadValues(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"no quote":         {"v.hcl", "a = \"hunter2\n", []string{"Missing quote", "at column 5", "no closing quote on its line"}},
		"no bracket":       {"v.hcl", "a = [\"hunter2\"\n", []string{"Missing closing bracket", "at column 15"}},
		"no value":         {"v.hcl", "hunter2 =\n", []string{"at column"}},
		"a bare word":      {"v.hcl", "a = 1 hunter2\n", []string{"at column"}},
		"no operand":       {"v.hcl", "a = hunter2 +\n", []string{"at column"}},
		"a half escape":    {"v.hcl", "a = \"\\hunter2\"\n", []string{"at column"}},
		"a block":          {"v.hcl", "hunter2 {\n}\n", []string{"at column"}},
		"JSON, no comma":   {"v.json", "{\"a\": \"hunter2\" \"b\": 1}", []string{"at column"}},
		"JSON, bare":       {"v.json", "{\"a\": hunter2}", []string{"at column 7"}},
		"JSON, one quote":  {"v.json", "{\"a\": 'hunter2'}", []string{"at column 7"}},
		"JSON, cut short":  {"v.json", "{\"a\": \"hunter2\"", []string{"Missing closing brace", "at column 16"}},
		"an unknown name":  {"v.hcl", "sise = \"hunter2\"\n", []string{"   1: sise … (not shown: it may hold a sensitive value)\n      ^^^^\n", `Did you mean "size"?`}},
		"unknown, in JSON": {"v.json", "{\n \"sise\": \"hunter2\"}", []string{"   2: sise … (not shown: it may hold a sensitive value)\n      ^^^^\n", `Did you mean "size"?`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"site/site.hcl": "variable \"size\" { default = 1 }\n", c.file: c.text} {
				if err := os.MkdirAll(filepath.Join(dir, "site"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			site, diags := Load(t.Context(), filepath.Join(dir, "site"), Options{Kinds: resource.KindsOf(testKinds()...), VarFiles: []string{filepath.Join(dir, c.file)}})
			var b bytes.Buffer
			if err := diag.Write(&b, site.Files, diags, 0, false); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("there is no %q", want)
				}
			}
			if !diags.HasErrors() || strings.Contains(b.String(), "hunter") {
				t.Errorf("it shows what is in the file, or no error")
			}
			t.Log(b.String())
		})
	}
}
