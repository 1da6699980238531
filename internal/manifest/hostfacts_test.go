package manifest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// A fact that is read on use is read once, if the manifest names it, and the other facts only if one of them is named.
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
		"null, with a default": {
			text: `file "/f" { content = node.custom.rack == null ? "none" : node.custom.rack }`, reads: []string{"custom"},
			uses: []string{"node.custom.rack"}, want: "none",
		},
		"none of that name":            {text: `file "/f" { content = node.custom.shelf }`, err: "It holds what the programs of /etc/converge/facts.d have found; with --root none of them is run."},
		"null as a whole":              {text: `file "/f" { content = node.custom.rack }`, err: `In file["/f"], content is node.custom.rack, which is null`},
		"null in brackets":             {text: `file "/f" { content = (node["custom"]["rack"]) }`, err: "content is node.custom.rack, which is null"},
		"null by a name":               {text: "locals { n = \"rack\" }\nfile \"/f\" { content = node.custom[local.n] }", err: "content is node.custom.rack, which is null"},
		"null by locals":               {text: "locals {\n r = node.custom.rack\n s = local.r\n}\nfile \"/f\" { content = local.s }", err: "content is node.custom.rack, which is null"},
		"null in a branch":             {text: `file "/f" { content = node.custom.row == 7 ? node.custom.rack : "x" }`, err: "content is node.custom.rack, which is null"},
		"null by each":                 {text: "file \"/f\" {\n for_each = toset([\"a\"])\n path = \"/f\"\n content = node.custom.rack\n}", err: "content is node.custom.rack, which is null"},
		"null for when":                {text: "file \"/f\" {\n content = \"x\"\n when = node.custom.rack\n}", err: "when must be true or false"},
		"null that is meant":           {text: "file \"/f\" {\n content = \"x\"\n owner = node.custom.rack == null ? null : node.custom.rack.owner\n}", reads: []string{"custom"}, uses: []string{"node.custom.rack", "node.custom.rack.owner"}, want: "x"},
		"null that is caught":          {text: "file \"/f\" {\n content = \"x\"\n owner = try(node.custom.rack.owner, null)\n}", reads: []string{"custom"}, uses: []string{"node.custom.rack.owner"}, want: "x"},
		"null in a text":               {text: `file "/f" { content = "rack ${node.custom.rack}" }`, err: "null"},
		"looked for in null":           {text: `file "/f" { content = node.custom.rack.row }`, err: "null"},
		"compared":                     {text: `file "/f" { content = node.custom.rack == "x" ? "a" : "b" }`, err: "node.custom.rack is used here, and is null"},
		"compared the other way round": {text: `file "/f" { content = "x" != node["custom"].rack ? "a" : "b" }`, err: "node.custom.rack is used here"},
		"compared for when":            {text: "file \"/f\" {\n content = \"x\"\n when = node.custom.rack != \"x\"\n}", err: "node.custom.rack is used here"},
		"compared for audit":           {text: "file \"/f\" {\n content = \"x\"\n audit = node.custom.rack != \"x\"\n}", err: "node.custom.rack is used here"},
		"compared in a loop":           {text: `file "/f" { content = join("", [for v in ["a"] : v if node.custom.rack != v]) }`, err: "node.custom.rack is used here"},
		"compared for_each":            {text: "file \"/f\" {\n for_each = toset([for v in [\"a\"] : v if v == node.custom.rack])\n path = \"/f\"\n content = \"x\"\n}", err: "node.custom.rack is used here"},
		"compared in a local":          {text: "locals { a = node.custom.rack == 1 }\nfile \"/f\" { content = local.a ? \"x\" : \"y\" }", err: "node.custom.rack is used here"},
		"compared by a local":          {text: "locals { r = node.custom.rack }\nfile \"/f\" { content = local.r == 1 ? \"x\" : \"y\" }", err: "node.custom.rack is used here"},
		"given to a function":          {text: `file "/f" { content = contains(["a"], node.custom.rack) ? "x" : "y" }`, err: "node.custom.rack is used here"},
		"asked and compared":           {text: `file "/f" { content = node.custom.rack != null && node.custom.rack == "a" ? "a" : "x" }`, reads: []string{"custom"}, uses: []string{"node.custom.rack"}, want: "x"},
		"asked for when":               {text: "file \"/f\" {\n content = \"x\"\n when = (null) == node.custom.rack || node.custom.rack == 1\n}", reads: []string{"custom"}, uses: []string{"node.custom.rack"}, want: "x"},
		"asked before":                 {text: `file "/f" { content = node.custom.rack == null ? "x" : node.custom.rack == 1 ? "a" : "b" }`, reads: []string{"custom"}, uses: []string{"node.custom.rack"}, want: "x"},
		"another is compared":          {text: `file "/f" { content = node.custom.row == 7 ? "x" : "b" }`, reads: []string{"custom"}, uses: []string{"node.custom.row"}, want: "x"},
		"coalesced":                    {text: `file "/f" { content = coalesce(node.custom.rack, "x") }`, reads: []string{"custom"}, uses: []string{"node.custom.rack"}, want: "x"},
		"null in a template":           {text: `template "/f" { inline = "{{ .node.custom.rack }}" }`, err: "rack"},
		"others in a template":         {text: `template "/f" { inline = "{{ .node.custom.row }}" }`, reads: []string{common, "custom"}, uses: []string{"node.custom.row"}, want: "7"},
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
				Kinds: resource.KindsOf(realKinds()...), Stdin: strings.NewReader(c.text),
				Node: read(common, cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("web1")}), nil),
				NodeOnUse: map[string]func() (cty.Value, error){
					"users":  read("users", cty.MapVal(map[string]cty.Value{"al": al}), nil),
					"custom": read("custom", cty.ObjectVal(map[string]cty.Value{"rack": cty.NullVal(cty.DynamicPseudoType), "row": cty.NumberIntVal(7)}), nil),
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
