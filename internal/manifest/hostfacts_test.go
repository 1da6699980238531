package manifest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// A fact that is read on use is read if the manifest names it, once, and the other
// facts only if one of them is named.
func TestFactsOnUse(t *testing.T) {
	t.Parallel()
	const common = "common"
	for name, c := range map[string]struct {
		text  string
		reads []string
		uses  []string
		want  string // content of the first file
		err   string
	}{
		"not named":    {text: `file "/f" { content = node.hostname }`, reads: []string{common}, uses: []string{"node.hostname"}, want: "web1"},
		"named":        {text: `file "/f" { content = node.users.al.home }`, reads: []string{"users"}, uses: []string{"node.users.al.home"}, want: "/home/al"},
		"in quotes":    {text: `file "/f" { content = node["users"]["al"].home }`, reads: []string{"users"}, uses: []string{`node.users.al.home`}, want: "/home/al"},
		"both":         {text: `file "/f" { content = "${node.hostname} ${node.users.al.home}" }`, reads: []string{common, "users"}, uses: []string{"node.hostname", "node.users.al.home"}, want: "web1 /home/al"},
		"as a whole":   {text: `file "/f" { content = join(" ", keys(node)) }`, reads: []string{common}, uses: []string{"node"}, want: "hostname"},
		"through each": {text: "locals { names = keys(node.users) }\nfile \"/f\" { content = local.names[0] }\nfile \"/g\" { content = node.users.al.home }", reads: []string{"users"}, uses: []string{"node.users", "node.users.al.home"}, want: "al"},
		"a template":   {text: `template "/f" { inline = "{{ .node.users.al.home }}" }`, reads: []string{common, "users"}, uses: []string{"node.users.al.home"}, want: "/home/al"},
		"of no use":    {text: `template "/f" { inline = "{{ .node.hostname }}" }`, reads: []string{common}, uses: []string{"node.hostname"}, want: "web1"},
		"cannot be had": {
			text: `file "/f" { content = node.broken.x }`, reads: []string{"broken"}, err: "Node not known; The disk is gone.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reads []string
			read := func(name string, v cty.Value, err error) func() (cty.Value, error) {
				return func() (cty.Value, error) {
					reads = append(reads, name)
					return v, err
				}
			}
			al := cty.ObjectVal(map[string]cty.Value{"home": cty.StringVal("/home/al")})
			site, diags := Load(t.Context(), "-", Options{
				Kinds: realKinds(), Stdin: strings.NewReader(c.text),
				Node: read(common, cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("web1")}), nil),
				NodeOnUse: map[string]func() (cty.Value, error){
					"users":  read("users", cty.MapVal(map[string]cty.Value{"al": al}), nil),
					"broken": read("broken", cty.NilVal, errors.New("the disk is gone")),
				},
			})
			if c.err != "" {
				if !diags.HasErrors() || !strings.Contains(diags.Error(), c.err) {
					t.Fatalf("errors %v, want %q", diags, c.err)
				}
				return
			}
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if d := cmp.Diff(c.reads, reads); d != "" {
				t.Errorf("read:\n%s", d)
			}
			if d := cmp.Diff(c.uses, site.Facts); d != "" {
				t.Errorf("used:\n%s", d)
			}
			if got := contentOf(t, site.Resources[0]); got != c.want {
				t.Errorf("content %q, want %q", got, c.want)
			}
		})
	}
}

// contentOf returns the content of a file of a site.
func contentOf(t *testing.T, r *resource.Resource) string {
	t.Helper()
	b, ok := resource.AsBlob(r.Want.GetAttr("content")).Bytes()
	if !ok {
		t.Fatalf("%s has its content elsewhere", r.Addr)
	}
	return string(b)
}
