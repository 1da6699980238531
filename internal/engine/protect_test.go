package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestProtection: what another site protects is neither made otherwise than that site declares it,
// nor changed inside its folder, nor stopped by a thing of another kind.
func TestProtection(t *testing.T) {
	attr := func(name string) resource.Attr { return resource.Attr{Name: name, Type: cty.String} }
	timer := &resource.Kind{Name: "timer", Attrs: []resource.Attr{attr("running"), attr("mode"), {Name: "note", Type: cty.String, Option: true}}}
	service := &resource.Kind{Name: "service", Attrs: timer.Attrs}
	content := &resource.Kind{Name: "file", ContentAttr: "content", Attrs: []resource.Attr{attr("content")}}
	theirs := &resource.Resource{Kind: timer, Want: cty.ObjectVal(resourcetest.Attrs("running", "yes", "note", "a"))}
	p := newProtection(Options{
		Protected:   map[string]string{"path:/t": "another site", "service:t": "another site", "path:/opt": "another site", "writes:/opt/": "another site", "writes:/t.service": "another site"},
		ProtectedAs: map[string]*resource.Resource{"path:/t": theirs, "service:t": theirs},
		Machine:     Machine{Unpacked: func(folder, path string) bool { return folder == "/opt" && strings.HasSuffix(path, "/ours") }},
	})
	change := func(k *resource.Kind, a resource.Action, key string, attrs ...string) resource.Change {
		c := resource.Change{Kind: k, Key: key, Action: a}
		for i := 0; i < len(attrs); i += 2 {
			c.Attrs = append(c.Attrs, resource.AttrChange{Name: attrs[i], Have: cty.StringVal("x"), Want: cty.StringVal(attrs[i+1])})
		}
		return c
	}
	const (
		update, remove, create = resource.Update, resource.Delete, resource.Create
		other                  = "cannot make it other than it is declared there (running): it is protected by another site"
		inside                 = "it belongs to what is protected by another site"
	)
	for _, tt := range []struct {
		name    string
		c       resource.Change
		removes []string
		want    string
	}{
		{"another value", change(timer, update, "path:/t", "running", "no"), nil, other},
		{"the value there", change(timer, update, "path:/t", "running", "yes"), nil, ""},
		{"what is not declared there", change(timer, update, "path:/t", "mode", "no"), nil, ""},
		{"an option", change(timer, update, "path:/t", "note", "b"), nil, ""},
		{"by a thing of another kind", change(service, update, "service:t", "running", "no"), nil, other},
		{"the content of a file that it needs", change(content, update, "path:/t.service", "content", "x"), nil, "a part of it is protected by another site"},
		{"another thing", change(service, update, "service:u", "running", "no"), nil, ""},
		{"a file in it", change(timer, remove, "path:/opt/a/ours"), nil, inside},
		{"the mode of a file in it", change(timer, update, "path:/opt/a/ours", "mode", "x"), nil, inside},
		{"a part of a file in it", change(timer, create, resource.PartKey("/opt/a/ours", "k")), nil, inside},
		{"another file in it", change(timer, remove, "path:/opt/a/log"), nil, ""},
		{"a file beside it", change(timer, remove, "path:/optional/ours"), nil, ""},
		{"a file in it that goes with a folder", change(timer, remove, "path:/opt/a"), []string{"/opt/a/ours"}, "where there is what is protected by another site"},
		{"what it leaves itself", change(timer, update, "path:/opt"), []string{"/opt/v1/ours"}, ""},
	} {
		err := p.refuse(&resource.Resource{}, tt.c, taken{removes: tt.removes})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		tt.c.Attrs = nil
		if err := p.refuse(&resource.Resource{Protect: true}, tt.c, taken{}); tt.want == other && err != nil {
			t.Errorf("%s, by what protects it too: %v", tt.name, err)
		}
	}
	move := change(service, update, "user:ann", "home", "/srv/ann")
	for leaves, want := range map[string]string{
		"/opt/": "move /opt away", "/opt/a/ours": "put /opt/a/ours out of use", "/op/": "", "/t": "put /t out of use", "/": "away with all of", "/opt/b": "",
	} {
		if err := p.refuse(&resource.Resource{}, move, taken{leaves: []string{leaves}}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s is left: %v, want %q", leaves, err, want)
		}
	}
	if err := p.goingBack().refuse(&resource.Resource{}, change(timer, update, "path:/t", "running", "no"), taken{}); err != nil {
		t.Errorf("an earlier value: %v", err)
	}
}

// takes is a package manager whose one package has two files.
type takes struct{ resource.Provider }

func (takes) Takes(_ context.Context, _ resource.Change, asked func(string) bool) (files []string, err error) {
	for _, f := range []string{"/usr/bin/a", "/usr/bin/b"} {
		if asked(f) {
			files = append(files, f)
		}
	}
	return files, nil
}

// TestPackageTakes: a package stays that would take along what is protected, be its removal
// declared or part of a transaction.
func TestPackageTakes(t *testing.T) {
	kind := &resource.Kind{Name: "package", Label: "name", Provider: takes{}}
	res := &resource.Resource{Kind: kind, Want: cty.ObjectVal(resourcetest.Attrs("name", "p"))}
	c := resource.Change{Kind: kind, Addr: resource.Addr{Kind: "package", Name: "p"}, Key: "package:p", Action: resource.Delete, Want: res.Want}
	for protected, stays := range map[string]bool{"path:/usr/bin/a": true, "within:/usr/bin/b": true, "path:/usr/bin/c": false} {
		o := Options{Protected: map[string]string{protected: "another site"}}
		p := &plan{site: &site{Resources: []*resource.Resource{res}}, protected: newProtection(o)}
		if err := p.refuseProtected(t.Context(), 0, c, taken{}); (err != nil) != stays {
			t.Errorf("%s, declared: %v", protected, err)
		}
		r := protector{&planner{plan: p}}
		if err := r.findProtected(t.Context(), []sideEffect{{change: c, by: kind.Provider}}, kind.Provider); (err != nil) != stays {
			t.Errorf("%s, in a transaction: %v", protected, err)
		}
	}
}
