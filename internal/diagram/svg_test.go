package diagram

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestSVG(t *testing.T) {
	d := web()
	d.Nodes[0].Change, d.Nodes[0].Link = "create", "#change-1"
	got := draw(t, d.SVG)
	checkXML(t, got)
	for _, want := range []string{
		`<a href="#change-1" aria-label="package.nginx: create, site.hcl:1"><g class="box create">`,
		`<title>file.site[&#34;a\&#34;b|c&#34;], site.hcl:5</title>`,
		`>module.web</text>`, `>template.conf</text>`, // in the box of its module
		`<title>service.nginx comes after module.web.template.conf: restart_on; refers to path</title>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, `class="way"`); n != 5 {
		t.Errorf("%d arrows, want 5: two edges between the same two are one", n)
	}
	if again := draw(t, d.SVG); again != got {
		t.Error("the same diagram is drawn in two ways")
	}
}

// A module that depends on a node of the root and precedes another one is one box, although arrows lead in both
// directions.
func TestSVGOfModules(t *testing.T) {
	d := &Diagram{
		Nodes: []Node{{Address: "module.a.file.x", Group: "a"}, {Address: "file.y"}, {Address: "module.a.file.z", Group: "a"}},
		Edges: []Edge{{From: 0, To: 1, Reason: "r"}, {From: 1, To: 2, Reason: "r"}, {From: 0, To: 2, Reason: "r"}},
	}
	got := draw(t, d.SVG)
	checkXML(t, got)
	if m, w := strings.Count(got, `class="module"`), strings.Count(got, `class="way"`); m != 1 || w != 3 {
		t.Errorf("%d modules and %d arrows, want 1 and 3:\n%s", m, w, got)
	}
}

func checkXML(t *testing.T, text string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestFold(t *testing.T) {
	plain := func(n int, address, group string) (out []Node) {
		for i := range n {
			out = append(out, Node{Address: fmt.Sprintf(address, i), Kind: "file", Group: group})
		}
		return out
	}
	changed := plain(200, "module.web.file.a%d", "web")
	changed[3].Change, changed[4].Change = "create", "create"
	for _, c := range []struct {
		name  string
		nodes []Node
		want  []string // labels
	}{
		{"few stay", plain(2, "file.a%d", ""), []string{"file.a0", "file.a1"}},
		{"modules first", append(append([]Node{{Address: "file.x", Kind: "file"}}, changed...), plain(150, "module.db.file.a%d", "db")...),
			[]string{"file.x", "module.web (200, 2 changed)", "module.db (150)"}},
		{"then instances", append(plain(301, `file.a["%d"]`, ""), Node{Address: `file["/etc/x"]`, Kind: "file"}), []string{"file.a (301)", `file["/etc/x"]`}},
		{"then kinds", plain(301, "file.a%d", ""), []string{"file (301)"}},
	} {
		var got []string
		for _, n := range (&Diagram{Nodes: c.nodes}).Fold().Nodes {
			got = append(got, n.label())
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Edges between folded nodes are merged, and those inside are dropped.
func TestFoldEdges(t *testing.T) {
	d := &Diagram{}
	for i := range 200 {
		d.Nodes = append(d.Nodes, Node{Address: fmt.Sprintf("module.a.file.x%d", i), Group: "a"}, Node{Address: fmt.Sprintf("module.b.file.x%d", i), Group: "b"})
		d.Edges = append(d.Edges, Edge{From: 2 * i, To: 2*i + 1, Reason: "r"}, Edge{From: 0, To: 2 * i, Reason: "inside"})
	}
	if got := d.Fold(); len(got.Nodes) != 2 || len(got.Edges) != 1 || got.Edges[0] != (Edge{From: 0, To: 1, Reason: "r"}) {
		t.Errorf("%+v", got)
	}
}

func BenchmarkSVG(b *testing.B) {
	d := &Diagram{}
	for i := range maxDrawn {
		d.Nodes = append(d.Nodes, Node{Address: fmt.Sprintf("file.a%d", i)})
		d.Edges = append(d.Edges, Edge{From: i / 3, To: i, Reason: "r"})
	}
	for b.Loop() {
		if err := d.SVG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
