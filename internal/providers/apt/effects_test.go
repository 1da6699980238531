package apt

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

func stanza(name, state, version string) string {
	return "Package: " + name + "\nStatus: install ok " + state + "\nArchitecture: all\nVersion: " + version + "\n\n"
}

// What a transaction really did to packages that nobody asked about, whatever
// apt had foretold, and whether it went well.
func TestSideEffects(t *testing.T) {
	before := stanza("dpkg", "installed", "1") + stanza("lib", "installed", "7") + stanza("dropped", "installed", "3") +
		stanza("removed", "installed", "4") + stanza("half", "unpacked", "2")
	after := stanza("dpkg", "installed", "1") + stanza("lib", "installed", "8") + stanza("removed", "config-files", "4") +
		stanza("half", "installed", "2") + stanza("new", "installed", "5") + stanza("a", "installed", "1.0")
	for _, c := range []struct {
		summary string
		status  int
	}{{"went well", 0}, {"failed at its end", 100}} {
		t.Run(c.summary, func(t *testing.T) {
			root := fakeRoot(t, before)
			var p *Provider
			s := &script{t: t, steps: []step{
				{starts: "apt-get -s", res: tool.Result{Stdout: solved}},
				{starts: "apt-get -y -q", res: tool.Result{Status: c.status, Stderr: "E: trouble\n"}, effect: func() {
					p.cache.looked = time.Time{} // a real program takes longer than a look is good for
					if err := os.WriteFile(root+statusFile, []byte(after), 0o644); err != nil {
						t.Error(err)
					}
				}},
			}}
			p = fakeProvider(t, root, s)
			r := (&machine{Provider: p, kind: resources.Package(p)}).resource(t, "a", nil)
			c := resource.Diff(r, resource.Absent)
			also := p.ApplyAll(t.Context(), []resource.Change{c}, resource.Forecast{Changes: []resource.Change{c}}).Also
			want := []string{"delete dropped version=3→", "update lib version=7→8", "create new version=→5", "delete removed version=4→"}
			if d := cmp.Diff(want, summary(also)); d != "" {
				t.Error(d)
			}
			for _, c := range also {
				if !c.Undeclared {
					t.Errorf("%s counts as declared", c.Addr)
				}
			}
		})
	}
}
