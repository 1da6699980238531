package assembly

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestLinkRefuses(t *testing.T) {
	at := func(line int) hcl.Range { return hcl.Range{Filename: "site.hcl", Start: hcl.Pos{Line: line}} }
	idle := &resource.Kind{Name: "exec", NeedsCause: func(cty.Value) string { return "Notify it." }}
	thing := &resource.Kind{Name: "thing"}
	addr := func(kind, name string) resource.Addr { return resource.Addr{Kind: kind, Name: name} }
	want := cty.EmptyObjectVal
	for _, c := range []struct {
		summary string
		rs      []*resource.Resource
		detail  []string // what the diagnostic says, among other things
	}{{
		summary: "a cycle, by its shortest path",
		rs: []*resource.Resource{
			{Addr: addr("thing", "a"), Kind: thing, Want: want, DependsOn: []resource.Dep{{On: addr("thing", "b"), Reason: "depends_on", Range: at(2)}}},
			{Addr: addr("thing", "b"), Kind: thing, Want: want, Notifies: []resource.Notify{{Target: addr("thing", "c"), Verb: "restart", Range: at(5)}}},
			{Addr: addr("thing", "c"), Kind: thing, Want: want, Notifies: []resource.Notify{{Target: addr("thing", "b"), Verb: "restart", Range: at(8)}}},
		},
		detail: []string{
			"thing.c comes after thing.b: it is notified (restart) (site.hcl:5)",
			"thing.b comes after thing.c: it is notified (restart) (site.hcl:8)",
		},
	}, {
		summary: "a reference to nothing",
		rs: []*resource.Resource{
			{Addr: addr("thing", "a"), Kind: thing, Want: want, DependsOn: []resource.Dep{{On: addr("thing", "z"), Range: at(2)}}},
		},
		detail: []string{"thing.a names thing.z, which is not declared."},
	}, {
		summary: "what never does anything",
		rs:      []*resource.Resource{{Addr: addr("exec", "x"), Kind: idle, Want: want, Range: at(3)}},
		detail:  []string{"exec.x has nothing that says when it is needed, and nothing notifies it. Notify it."},
	}} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			_, diags := link(c.rs, linksOf(c.rs))
			if len(diags) != 1 {
				t.Fatalf("got %d diagnostics: %v", len(diags), diags)
			}
			for _, d := range c.detail {
				if !strings.Contains(diags[0].Detail, d) {
					t.Errorf("got %q, want it to say %q", diags[0].Detail, d)
				}
			}
			if diags[0].Subject.Filename != "site.hcl" {
				t.Errorf("the diagnostic points at %v", diags[0].Subject)
			}
		})
	}
}

func TestSelectTakesPrerequisites(t *testing.T) {
	kind := &resource.Kind{Name: "thing"}
	thing := func(name, after string) *resource.Resource {
		r := &resource.Resource{Addr: resource.Addr{Kind: "thing", Name: name}, Kind: kind, Want: cty.EmptyObjectVal}
		if after != "" {
			r.DependsOn = []resource.Dep{{On: resource.Addr{Kind: "thing", Name: after}, Reason: "depends_on"}}
		}
		return r
	}
	rs := []*resource.Resource{thing("a", ""), thing("b", "a"), thing("c", "b"), thing("d", "")}
	g, _ := link(rs, linksOf(rs))
	got, err := Select(g, rs, []resource.Addr{{Kind: "thing", Name: "b"}})
	if err != nil || len(got) != 2 || !got[0] || !got[1] {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Select(g, rs, []resource.Addr{{Kind: "thing", Name: "nope"}}); err == nil {
		t.Error("selected what is not declared")
	}
}
