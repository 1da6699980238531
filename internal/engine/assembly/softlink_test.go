package assembly

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestSoftEdgesCloseNoCycle(t *testing.T) {
	kind := &resource.Kind{Name: "thing", Links: func(want cty.Value) resource.Links {
		needs := resource.StringAttr(want, "needs")
		return resource.Links{
			Before: []string{resource.StringAttr(want, "before")},
			Needs:  []resource.Need{{Key: needs, Reason: "it needs " + needs}},
		}
	}}
	addr := func(name string) resource.Addr { return resource.Addr{Kind: "thing", Name: name} }
	thing := func(name, before, needs, dependsOn string) *resource.Resource {
		r := &resource.Resource{Addr: addr(name), Kind: kind, Want: cty.ObjectVal(map[string]cty.Value{
			"before": cty.StringVal(before), "needs": cty.StringVal(needs),
		})}
		for on := range strings.FieldsSeq(dependsOn) {
			r.DependsOn = append(r.DependsOn, resource.Dep{On: addr(on), Reason: "depends_on"})
		}
		return r
	}
	for _, c := range []struct {
		summary string
		rs      []*resource.Resource
		want    []string
	}{{
		summary: "what needs it comes after it, wherever it stands",
		rs:      []*resource.Resource{thing("package", "-", "k", ""), thing("source", "k", "none", "")},
		want:    []string{"source package: it needs k"},
	}, {
		summary: "what it depends on does not",
		rs:      []*resource.Resource{thing("tool", "-", "k", ""), thing("package", "-", "k", ""), thing("source", "k", "none", "tool")},
		want:    []string{"tool source: depends_on", "source package: it needs k"},
	}, {
		summary: "nor through another soft edge",
		rs: []*resource.Resource{
			thing("a", "-", "k", ""), thing("b", "-", "m", ""), thing("source a", "m", "none", "a"), thing("source b", "k", "none", "b"),
		},
		want: []string{"a source a: depends_on", "b source b: depends_on", "source a b: it needs m"},
	}} {
		t.Run(c.summary, func(t *testing.T) {
			g, diags := link(c.rs, linksOf(c.rs))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var got []string
			for _, e := range g.Edges() {
				got = append(got, c.rs[e.From].Addr.Name+" "+c.rs[e.To].Addr.Name+": "+e.Reason.Text)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// A need that is soft gives way to what is said in the manifest, and orders where nothing is.
func TestSoftNeedsCloseNoCycle(t *testing.T) {
	kind := &resource.Kind{Name: "thing", Links: func(want cty.Value) resource.Links {
		l := resource.Links{Provides: []string{"thing:" + resource.StringAttr(want, "name")}}
		if on := resource.StringAttr(want, "needs"); on != "" {
			l.Needs = []resource.Need{{Key: "thing:" + on, Reason: "it needs " + on, Soft: true}}
		}
		return l
	}}
	addr := func(name string) resource.Addr { return resource.Addr{Kind: "thing", Name: name} }
	thing := func(name, needs, dependsOn string) *resource.Resource {
		r := &resource.Resource{Addr: addr(name), Kind: kind, Want: cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "needs": cty.StringVal(needs)})}
		if dependsOn != "" {
			r.DependsOn = []resource.Dep{{On: addr(dependsOn), Reason: "depends_on"}}
		}
		return r
	}
	for _, c := range []struct {
		summary string
		rs      []*resource.Resource
		want    []string
	}{
		{"it orders", []*resource.Resource{thing("user", "folder", ""), thing("folder", "", "")}, []string{"folder user: it needs folder"}},
		{"the folder depends on it", []*resource.Resource{thing("user", "folder", ""), thing("folder", "", "user")}, []string{"user folder: depends_on"}},
		{
			"the folder depends on it through another",
			[]*resource.Resource{thing("user", "folder", ""), thing("between", "", "user"), thing("folder", "", "between")},
			[]string{"user between: depends_on", "between folder: depends_on"},
		},
		{
			"each needs the other",
			[]*resource.Resource{thing("a", "b", ""), thing("b", "a", "")}, []string{"b a: it needs b"},
		},
	} {
		g, diags := link(c.rs, linksOf(c.rs))
		if diags.HasErrors() {
			t.Errorf("%s: %v", c.summary, diags)
			continue
		}
		var got []string
		for _, e := range g.Edges() {
			got = append(got, c.rs[e.From].Addr.Name+" "+c.rs[e.To].Addr.Name+": "+e.Reason.Text)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.summary, d)
		}
	}
}
