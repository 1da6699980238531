package diagram

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"
)

func web() *Diagram {
	return &Diagram{
		Nodes: []Node{
			{Address: "package.nginx", Kind: "package", Place: "site.hcl:1"},
			{Address: `file.site["a\"b|c"]`, Kind: "file", Place: "site.hcl:5"},
			{Address: "module.web.template.conf", Kind: "template", Group: "web"},
			{Address: "service.nginx", Kind: "service", Place: "site.hcl:9"},
			{Address: `file["/etc/motd"]`, Kind: "file"},
		},
		Edges: []Edge{
			{0, 1, "depends_on", "site.hcl:6"},
			{0, 2, "refers to package.nginx.name", ""},
			{0, 3, "the package ships its unit", ""},
			{1, 3, "it notifies it (reload)", "site.hcl:7"},
			{2, 3, "restart_on", ""},
			{2, 3, "refers to path", ""},
		},
	}
}

func TestTree(t *testing.T) {
	want := `service.nginx
├─ package.nginx  # the package ships its unit
├─ file.site["a\"b|c"]  # it notifies it (reload)
│  └─ package.nginx  # depends_on
└─ module.web.template.conf  # restart_on; refers to path
   └─ package.nginx  # refers to package.nginx.name
file["/etc/motd"]
`
	if got := draw(t, web().Tree); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTreeUnfoldsOnce(t *testing.T) {
	// 40 layers of diamonds have 2^40 paths.
	d := &Diagram{}
	for i := range 40 {
		d.Nodes = append(d.Nodes, Node{Address: "a"}, Node{Address: "b"})
		if i > 0 {
			d.Edges = append(d.Edges, Edge{2*i - 2, 2 * i, "r", ""}, Edge{2*i - 2, 2*i + 1, "r", ""}, Edge{2*i - 1, 2 * i, "r", ""}, Edge{2*i - 1, 2*i + 1, "r", ""})
		}
	}
	got := draw(t, d.Tree)
	if lines := strings.Count(got, "\n"); lines != len(d.Edges)+2 {
		t.Errorf("%d lines, want one for each of %d edges and 2 roots", lines, len(d.Edges))
	}
	if !strings.Contains(got, "a (*)  # r") {
		t.Error("what was unfolded before is not marked")
	}
}

func TestPictures(t *testing.T) {
	dot := draw(t, web().DOT)
	for _, want := range []string{`label="file.site[\"a\\\"b|c\"]"`, `label="depends_on"`, `module.web`} {
		if !strings.Contains(dot, want) {
			t.Errorf("DOT lacks %s:\n%s", want, dot)
		}
	}
	mermaid := draw(t, web().Mermaid)
	for _, want := range []string{"flowchart TD;\n", `("file.site[&#34;a\&#34;b|c&#34;]");`, `-->|"depends_on"|`, `("module.web.template.conf")`} {
		if !strings.Contains(mermaid, want) {
			t.Errorf("Mermaid lacks %s:\n%s", want, mermaid)
		}
	}
	if path, err := exec.LookPath("dot"); err == nil {
		cmd := exec.Command(path, "-Tsvg")
		cmd.Stdin = strings.NewReader(dot)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("Graphviz refuses it: %v\n%s", err, out)
		}
	}
}

func TestJSON(t *testing.T) {
	got := draw(t, web().JSON)
	for _, want := range []string{`"version": 1`, `"address": "module.web.template.conf"`, `"to": "file.site[\"a\\\"b|c\"]"`, `"reason": "restart_on"`} {
		if !strings.Contains(got, want) {
			t.Errorf("JSON lacks %s:\n%s", want, got)
		}
	}
	if got, want := draw(t, (&Diagram{}).JSON), "{\n  \"version\": 1,\n  \"resources\": [],\n  \"edges\": []\n}\n"; got != want {
		t.Errorf("nothing is %s, want %s", got, want)
	}
}

func draw(t *testing.T, f func(w io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
