package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/kinds"
)

// TestEveryKindTakesMarks sets protect and audit in each block of every kind's example: it validates, and no run changes
// anything in a tree.
func TestEveryKindTakesMarks(t *testing.T) {
	t.Parallel()
	for _, k := range kinds.New().All() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			root, site := filepath.Join(dir, "root"), filepath.Join(dir, "site")
			for name, content := range map[string]string{
				"root/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "root/etc/group": "root:x:0:\n", "root/etc/shadow": "root:*:1::::::\n",
				"root/etc/hosts": "127.0.0.1 localhost\n", "root/proc/sys/vm/swappiness": "60\n",
				"site/site.hcl": withMarks(t, k.Example),
			} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if out, err := exec.Command("converge", "validate", site).CombinedOutput(); err != nil {
				t.Fatalf("validate: %v\n%s", err, out)
			}
			before := treeOf(t, root)
			// Resources that cannot be observed in this tree fail; nevertheless nothing is changed.
			out, err := exec.Command("converge", "apply", "--root", root, "--json", site).CombinedOutput()
			if err != nil && !strings.Contains(string(out), `"type":"run_finished"`) {
				t.Fatalf("apply: %v\n%s", err, out)
			}
			for _, effect := range []string{`"type":"applied"`, `"type":"started"`, `"type":"notified"`} {
				if strings.Contains(string(out), effect) {
					t.Errorf("apply has changed something: %s", out)
				}
			}
			if d := cmp.Diff(before, treeOf(t, root)); d != "" {
				t.Errorf("the tree is not as it was (-before +after):\n%s", d)
			}
		})
	}
}

// withMarks sets protect and audit in every resource block of a manifest.
func withMarks(t *testing.T, manifest string) string {
	t.Helper()
	f, diags := hclwrite.ParseConfig([]byte(manifest), "example.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	all, out := kinds.New(), hclwrite.NewEmptyFile()
	for _, b := range f.Body().Blocks() {
		if !all.Has(b.Type()) {
			out.Body().AppendBlock(b)
			continue
		}
		marked := out.Body().AppendNewBlock(b.Type(), b.Labels()).Body() // a one-line block cannot have more attributes
		for name, a := range b.Body().Attributes() {
			marked.SetAttributeRaw(name, a.Expr().BuildTokens(nil))
		}
		marked.SetAttributeValue("protect", cty.True)
		marked.SetAttributeValue("audit", cty.True)
	}
	return string(out.Bytes())
}

// treeOf lists the paths below a folder with their modes and contents, except the state folder.
func treeOf(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if rel, _ := filepath.Rel(root, path); rel == "var" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			out[path] += string(b)
			return err
		}
		if d.Type() == fs.ModeSymlink {
			to, err := os.Readlink(path)
			out[path] += to
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
