package resource

import (
	"reflect"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// keptLinks are the links of a wanted value. They hold for that one value alone, which is
// never changed: a resource that wants something else has another one.
type keptLinks struct {
	kind   *Kind
	want   cty.Value
	links  Links
	absent bool // see WantsAbsent
}

// Links are the links of the resource; of a kind that knows none they are empty. They may be
// shared, so nobody changes them in place.
func (r *Resource) Links() Links {
	switch {
	case r.Kind.Links == nil:
		return Links{}
	case r.keepsLinks():
		return r.kept.links
	}
	return r.Kind.Links(r.Want)
}

// WantsAbsent is [WantsAbsent] of the wanted value, kept with the links.
func (r *Resource) WantsAbsent() bool {
	if r.keepsLinks() {
		return r.kept.absent
	}
	return WantsAbsent(r.Want)
}

// keepsLinks reports whether the links that are kept are those of what is wanted now.
func (r *Resource) keepsLinks() bool {
	return r.kept != nil && r.kept.kind == r.Kind && isSameObject(&r.kept.want, &r.Want)
}

// KeepLinks is Links that keeps them, since a run asks for them many times. It is for whoever
// has the resource to themselves.
func (r *Resource) KeepLinks() Links {
	if r.Kind.Links == nil || r.keepsLinks() {
		return r.Links()
	}
	l := r.Kind.Links(r.Want)
	l.Provides, l.Shares, l.Before, l.Needs = slices.Clip(l.Provides), slices.Clip(l.Shares), slices.Clip(l.Before), slices.Clip(l.Needs)
	l.Within, l.Writes, l.Folders, l.Ends = slices.Clip(l.Within), slices.Clip(l.Writes), slices.Clip(l.Folders), slices.Clip(l.Ends)
	r.kept = &keptLinks{r.Kind, r.Want, l, WantsAbsent(r.Want)}
	return l
}

// isSameObject reports whether two values are one and the same object in memory, which
// needs no look at its attributes. Equal objects that were made twice are not.
func isSameObject(a, b *cty.Value) bool {
	v, w := mapOf(a), mapOf(b)
	return v.IsValid() && w.IsValid() && v.Pointer() == w.Pointer()
}

// mapOf returns the map that cty has the attributes of an object in; the zero Value if there
// is none.
func mapOf(v *cty.Value) reflect.Value {
	value := reflect.ValueOf(v).Elem()
	if value.NumField() != 2 {
		return reflect.Value{}
	}
	f := value.Field(1) // what it is of the type that the first field is
	if f.Kind() != reflect.Interface || f.Elem().Kind() != reflect.Map {
		return reflect.Value{}
	}
	return f.Elem()
}
