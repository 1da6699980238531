package site

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/app/environ"
	"converge/internal/app/kinds"
	"converge/internal/facts"
	"converge/internal/testhost"
)

// TestPlantedLinks: whatever a manifest of root's reads, another user's link does not lead to what that user does not
// own. The same is read where the user's link leads to the user's own files.
func TestPlantedLinks(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	const unsafe = `is a link that user 1001 controls, and "ROOT/private`
	const planted = `is a link of user 1001 in a directory that anyone can write to`
	for name, c := range map[string]struct {
		manifest, path, varFile, node string // below the root of the test; path: etc/site.hcl
		want                          string // in the errors; "": none
	}{
		"a source":                {manifest: `file "/f" { source = "ROOT/home/al/TO/secret" }`, want: unsafe},
		"a source that is a link": {manifest: `file "/f" { source = "ROOT/home/al/TOfile" }`, want: unsafe},
		"a template":              {manifest: `template "/f" { source = "ROOT/home/al/TO/secret" }`, want: unsafe},
		"a function":              {manifest: `file "/f" { content = file("ROOT/home/al/TO/secret") }`, want: unsafe},
		"a set of files":          {manifest: `file "/f" { content = join(",", fileset("ROOT/home/al/TO", "*")) }`, want: unsafe},
		"a set of files below":    {manifest: `file "/f" { content = join(",", fileset("ROOT/home/al/TO/sub", "*")) }`, want: unsafe},
		"whether a file exists":   {manifest: `file "/f" { content = fileexists("ROOT/home/al/TO/secret") }`, want: unsafe},
		"a tree":                  {manifest: `tree "/t" { source = "ROOT/home/al/TO" }`, want: unsafe},
		"data":                    {manifest: "settings { data = [\"ROOT/home/al/TO/vars.json\"] }\nvariable \"x\" {}\nfile \"/f\" { content = var.x }", want: unsafe},
		"variables":               {manifest: "variable \"x\" {}\n file \"/f\" { content = var.x }", varFile: "home/al/TO/vars.json", want: unsafe},
		"attributes of the node":  {manifest: `file "/f" { content = node.x }`, node: "home/al/TO/vars.json", want: unsafe},
		"variables of root's, in a user's folder":  {manifest: "variable \"x\" {}\n file \"/f\" { content = var.x }", varFile: "home/al/roots/vars.json"},
		"attributes of root's, in a user's folder": {manifest: `file "/f" { content = node.x }`, node: "home/al/roots/vars.json"},
		"variables, by a planted link":             {varFile: "pub/TO/vars.json", want: planted},
		"attributes, by a planted link":            {node: "pub/TO/vars.json", want: planted},
		"a manifest, by a planted link":            {path: "pub/TO/site.hcl", want: planted},
		"a manifest that is a planted link":        {path: "pub/TOsite.hcl", want: planted},
		"a folder, by a planted link":              {path: "pub/TO", want: planted},
		"a folder with a planted link":             {path: "shared", want: planted},
		"a module, by a planted link":              {manifest: `module "m" { source = "ROOT/pub/TO" }`, want: planted},
		"a source below a planted link":            {manifest: `file "/f" { source = "ROOT/pub/TO/public" }`, want: planted},
		"a set of files, by a planted link":        {manifest: `file "/f" { content = join(",", fileset("ROOT/pub/TO", "*")) }`, want: planted},
		"a tree, by a planted link of root":        {manifest: `tree "/t" { source = "ROOT/pub/of-root" }`},
		"a manifest, by the user's own link":       {path: "home/al/own/site.hcl"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			run := exec.CommandContext(t.Context(), "sh", "-ec", `
				mkdir -p etc private/sub home/al/files/sub pub shared; chmod 700 private; chmod 1777 pub; chmod 777 shared
				for d in private home/al/files; do
					echo secret >$d/secret; echo >$d/public; echo '{"x": "y"}' >$d/vars.json; echo >$d/sub/f
					echo 'file "/x" {}' >$d/site.hcl; chmod 600 $d/secret $d/vars.json
				done
				for d in home/al pub; do
					ln -s $PWD/private $d/leads; ln -s $PWD/home/al/files $d/own
					ln -s $PWD/private/secret $d/leadsfile; ln -s $PWD/home/al/files/secret $d/ownfile
					ln -s $PWD/private/site.hcl $d/leadssite.hcl; ln -s $PWD/home/al/files/site.hcl $d/ownsite.hcl
				done
				ln -s $PWD/private/site.hcl shared/site.hcl
				chown -hR 1001 home/al pub/* shared/*
				ln -s $PWD/private pub/of-root
				mkdir home/al/roots; cp -p private/vars.json home/al/roots
			`)
			run.Dir = root
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			evaluate := func(to string) string {
				in := func(s string) string {
					return strings.NewReplacer("ROOT", root, "TO", to).Replace(s)
				}
				path := filepath.Join(root, "etc/site.hcl")
				if c.path != "" {
					path = filepath.Join(root, in(c.path))
				} else if err := os.WriteFile(path, []byte(in(c.manifest)), 0o600); err != nil {
					t.Fatal(err)
				}
				f := &Options{Root: root}
				if c.varFile != "" {
					f.VarFiles = []string{filepath.Join(root, in(c.varFile))}
				}
				node := &Node{facts: &facts.Node{}}
				if c.node != "" {
					f.Nodes = []string{filepath.Join(root, in(c.node))}
					var err error
					if node, err = findNode(t.Context(), &environ.Env{Err: new(bytes.Buffer)}, f); err != nil {
						return err.Error()
					}
				}
				_, diags, err := Evaluate(t.Context(), &environ.Env{Err: new(bytes.Buffer)}, path, f, kinds.New(), node)
				if err != nil {
					t.Fatal(err)
				}
				if diags.HasErrors() {
					return diags.Error()
				}
				return ""
			}
			got := strings.ReplaceAll(evaluate("leads"), root, "ROOT")
			if !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := evaluate("own"); c.want == unsafe && got != "" {
				t.Errorf("by the user's link to the user's own: %q", got)
			}
		})
	}
}
