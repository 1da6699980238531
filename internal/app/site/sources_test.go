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

// TestSourcesTrust: a link to a file that only root can read is followed if the link's owner could replace a manifest
// anyway, and refused otherwise.
func TestSourcesTrust(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	for name, c := range map[string]struct {
		manifest string // below the root of the test
		refused  bool
	}{
		"of root, elsewhere":                       {"etc/site.hcl", true},
		"a folder of root's":                       {"etc", true},
		"of another user":                          {"home/bob/site.hcl", true},
		"of the user":                              {"home/al/als.hcl", false},
		"of root in the user's home":               {"home/al/site.hcl", false},
		"a folder of root's in the user's home":    {"home/al/site", false},
		"in a folder of root's in the user's home": {"home/al/site/site.hcl", false},
		"a folder that holds one of the user's":    {"srv", false},
		"through a link of the user's":             {"home/al/link/site.hcl", false},
		"a module in the user's home":              {"opt/al", false},
		"a module elsewhere":                       {"opt/bob", true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			run := exec.CommandContext(t.Context(), "sh", "-ec", `
				mkdir -p etc home/al/site home/bob/module opt/al opt/bob srv home/al/module
				echo secret >etc/secret; chmod 600 etc/secret; ln -s `+root+`/etc/secret home/al/source; chown -h 1001 home/al home/al/source
				printf 'file "/f" { source = "`+root+`/home/al/source" }' | tee etc/site.hcl home/al/site.hcl home/al/als.hcl home/al/site/site.hcl home/bob/site.hcl >srv/site.hcl
				chown 1001 home/al/als.hcl srv/site.hcl; chown 1002 home/bob; ln -s `+root+`/etc home/al/link; chown -h 1001 home/al/link
				cp etc/site.hcl home/al/module; cp etc/site.hcl home/bob/module
				for u in al bob; do printf 'module "m" { source = "../../home/'$u'/module" }' >opt/$u/site.hcl; done
			`)
			run.Dir = root
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var said bytes.Buffer
			env := &environ.Env{Err: &said}
			ctx, f := t.Context(), &Options{}
			_, diags, err := Evaluate(ctx, env, filepath.Join(root, c.manifest), f, kinds.New(), &Node{facts: &facts.Node{}})
			if err != nil || diags.HasErrors() != c.refused || c.refused && !strings.Contains(diags.Error(), `source" is a link that `) {
				t.Errorf("refused %t, want %t: %v, %v", diags.HasErrors(), c.refused, err, diags)
			}
		})
	}
}
