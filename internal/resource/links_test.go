package resource_test

import (
	"reflect"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestLinksFollowTheWantedValue: kept links are those of the value and the kind that a
// resource has, and nobody appends to what another one was given.
func TestLinksFollowTheWantedValue(t *testing.T) {
	asked := 0
	kind := &resource.Kind{Links: func(want cty.Value) resource.Links {
		asked++
		return resource.Links{Provides: append(make([]string, 0, 4), "path:"+resource.StringAttr(want, "path"))}
	}}
	at := func(path string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal(path)})
	}
	r := &resource.Resource{Kind: kind, Want: at("/a")}
	r.KeepLinks()
	one, other := append(r.Links().Provides, "one"), append(r.Links().Provides, "other")
	if asked != 1 || one[1] != "one" || other[1] != "other" {
		t.Errorf("asked %d times, appended %q and %q", asked, one, other)
	}
	moved, another := *r, *r
	moved.Want = at("/b")
	another.Kind = &resource.Kind{Links: func(cty.Value) resource.Links { return resource.Links{Provides: []string{"other"}} }}
	plain := *r
	plain.Kind = &resource.Kind{}
	for _, c := range []struct {
		r    *resource.Resource
		want string
	}{{r, "path:/a"}, {&moved, "path:/b"}, {&another, "other"}} {
		if got := c.r.Links().Provides; len(got) != 1 || got[0] != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := plain.Links().Provides; got != nil {
		t.Errorf("a kind without links has %q", got)
	}
}

// WantsAbsent is that of the value that a resource has now.
func TestWantsAbsentFollowsTheWantedValue(t *testing.T) {
	kind := &resource.Kind{Links: func(cty.Value) resource.Links { return resource.Links{} }}
	ensure := func(word string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"ensure": cty.StringVal(word)})
	}
	for _, keeps := range []bool{false, true} {
		r := &resource.Resource{Kind: kind, Want: ensure("absent")}
		if keeps {
			r.KeepLinks()
		}
		copied := *r
		copied.Want = ensure("present")
		purged := copied
		purged.Want = ensure("purged")
		if !r.WantsAbsent() || copied.WantsAbsent() || !purged.WantsAbsent() || (&resource.Resource{Kind: kind, Want: cty.EmptyObjectVal}).WantsAbsent() {
			t.Errorf("kept %t: %t, %t, %t", keeps, r.WantsAbsent(), copied.WantsAbsent(), purged.WantsAbsent())
		}
	}
}

// TestKeptLinksAreAll: what is kept of links is all that they say.
func TestKeptLinksAreAll(t *testing.T) {
	fields := reflect.TypeFor[resource.Links]()
	for i := range fields.NumField() {
		said := resource.Links{Provides: []string{"path:/a"}, Whole: []string{"path:/a"}, Needs: []resource.Need{{Key: "path:/"}}}
		f := reflect.ValueOf(&said).Elem().Field(i)
		switch v := f.Addr().Interface().(type) {
		case *[]string:
			*v = []string{"path:/b", "path:/c"}
		case *[]resource.Need:
			*v = []resource.Need{{Key: "path:/b", Soft: true}}
		case *map[string]string:
			*v = map[string]string{"unit:a": "unit:b"}
		case *string:
			*v = "b"
		case *bool:
			*v = true
		default:
			t.Fatalf("no value of %s", f.Type())
		}
		r := &resource.Resource{Kind: &resource.Kind{Links: func(cty.Value) resource.Links { return said }}, Want: cty.ObjectVal(map[string]cty.Value{"a": cty.True})}
		r.KeepLinks()
		if got := r.Links(); !reflect.DeepEqual(got, said) {
			t.Errorf("%s: kept %+v, want %+v", fields.Field(i).Name, got, said)
		}
	}
}
