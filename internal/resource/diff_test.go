package resource_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// thing is a kind with an attribute of every sort.
func thing() *resource.Kind {
	return &resource.Kind{
		Name: "thing",
		Attrs: []resource.Attr{
			{Name: "name", Type: cty.String},
			{Name: "ensure", Type: cty.String},
			{Name: "mode", Type: cty.String, Same: func(have, want cty.Value) bool {
				return strings.TrimLeft(have.AsString(), "0") == strings.TrimLeft(want.AsString(), "0")
			}},
			{Name: "tags", Type: cty.List(cty.String)},
			{Name: "content", Type: resource.BlobType},
			{Name: "password", Type: cty.String, Secret: true},
			{Name: "timeout", Type: cty.String, Option: true},
		},
		Links: func(want cty.Value) resource.Links {
			return resource.Links{Provides: []string{"thing:" + resource.StringAttr(want, "name")}}
		},
	}
}

// obj makes a value from "name=x tags=a,b content=…"; "" is Absent.
func obj(s string) cty.Value {
	if s == "" {
		return resource.Absent
	}
	m := map[string]cty.Value{}
	for _, f := range strings.Fields(s) {
		name, v, _ := strings.Cut(f, "=")
		switch {
		case v == "null":
			m[name] = cty.NullVal(cty.String)
		case name == "tags":
			var l []cty.Value
			for e := range strings.SplitSeq(v, ",") {
				l = append(l, cty.StringVal(e))
			}
			m[name] = cty.ListVal(l)
		case name == "content":
			m[name] = resource.BlobVal(resource.BytesBlob([]byte(v)))
		default:
			m[name] = cty.StringVal(v)
		}
	}
	return cty.ObjectVal(m)
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		summary, have, want, diff string
		secret                    map[string]bool
		opaque                    bool
	}{
		{summary: "as it should be", have: "name=a mode=1", want: "name=a mode=1", diff: "none"},
		{summary: "the same in other words", have: "name=a mode=644", want: "name=a mode=0644", diff: "none"},
		{summary: "more there than is managed", have: "name=a mode=1 tags=x", want: "name=a", diff: "none"},
		{summary: "not there", want: "name=a tags=x timeout=1s", diff: "create thing:a name tags"},
		{summary: "differs", have: "name=a mode=1 tags=x", want: "name=a mode=2 tags=x", diff: "update thing:a mode"},
		{summary: "two differ, in the kind's order", have: "name=a tags=x mode=1", want: "name=a tags=x,y mode=2", diff: "update thing:a mode tags"},
		{summary: "a managed attribute that could not be seen", have: "name=a", want: "name=a mode=2", diff: "update thing:a mode"},
		{summary: "null is not managed", have: "name=a mode=1", want: "name=a mode=null", diff: "none"},
		{summary: "an option never counts", have: "name=a timeout=1s", want: "name=a timeout=2s", diff: "none"},
		{summary: "same content", have: "name=a content=x", want: "name=a content=x", diff: "none"},
		{summary: "other content", have: "name=a content=x", want: "name=a content=y", diff: "update thing:a content"},
		{summary: "content of the same size", have: "name=a content=xx", want: "name=a content=xy", diff: "update thing:a content"},
		{summary: "of another type", have: "name=a mode=1 tags=null", want: "name=a tags=x", diff: "update thing:a tags"},
		{summary: "absent and to be absent", want: "name=a ensure=absent", diff: "none"},
		{summary: "absent and to be purged", want: "name=a ensure=purged", diff: "none"},
		{summary: "there and to be absent: nothing else counts", have: "name=b ensure=present mode=1", want: "name=a ensure=absent mode=2", diff: "delete thing:a ensure"},
		{summary: "there in the way that absent allows", have: "name=a ensure=absent", want: "name=a ensure=absent", diff: "none"},
		{summary: "a secret of the kind", have: "name=a password=x", want: "name=a password=y", diff: "update thing:a password! (password)"},
		{summary: "a secret of the kind that does not differ", have: "name=a password=x mode=1", want: "name=a password=x mode=2", diff: "update thing:a mode (password)"},
		{summary: "a secret that only what is there has", have: "name=a ensure=present password=x", want: "name=a ensure=absent", diff: "delete thing:a ensure (password)"},
		{summary: "a secret of the manifest", have: "name=a content=x", want: "name=a content=y", secret: map[string]bool{"content": true}, diff: "update thing:a content! (content)"},
		{summary: "both", have: "name=a content=x password=x", want: "name=a content=y", secret: map[string]bool{"content": true}, diff: "update thing:a content! (content password)"},
		{summary: "a command", want: "name=a command=x", opaque: true, diff: "run thing:a name"},
		{summary: "opaque, and no command", want: "name=a", opaque: true, diff: "create thing:a name"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			r := &resource.Resource{Addr: resource.Addr{Kind: "thing", Name: "t"}, Kind: thing(), Want: obj(c.want), Secret: c.secret}
			r.Kind.Opaque = c.opaque
			given := len(c.secret)
			got := resource.Diff(r, obj(c.have))
			if d := cmp.Diff(c.diff, dumpChange(r.Kind, got)); d != "" {
				t.Error(d)
			}
			if len(c.secret) != given {
				t.Error("the resource's own secrets were changed")
			}
			if got.Empty() != strings.HasPrefix(c.diff, "none") || got.Addr != r.Addr {
				t.Error(got.Empty(), got.Addr)
			}
		})
	}
}

// dumpChange writes a change as "update KEY attr secret! (secrets)".
func dumpChange(k *resource.Kind, c resource.Change) string {
	s := string(c.Action)
	if c.Key != "" {
		s += " " + c.Key
	}
	for _, a := range c.Attrs {
		s += " " + a.Name
		if a.Secret {
			s += "!"
		}
	}
	var secrets []string
	for _, a := range k.Attrs {
		if c.Secret[a.Name] && c.Action != resource.None {
			secrets = append(secrets, a.Name)
		}
	}
	if len(secrets) > 0 {
		s += fmt.Sprintf(" (%s)", strings.Join(secrets, " "))
	}
	return s
}

func TestDiffOfNothing(t *testing.T) {
	r := &resource.Resource{Kind: &resource.Kind{}, Want: obj("name=a")}
	if c := resource.Diff(r, cty.NilVal); c.Action != resource.Create || !c.Have.IsNull() || c.Key != "" {
		t.Errorf("%+v", c)
	}
}
