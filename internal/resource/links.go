package resource

import (
	"reflect"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// keptLinks are the links of a wanted value. They hold for that one value, which never changes: a resource that wants
// something else has another value.
//
// Most things are files, whose links only have what they provide and what they need.
type keptLinks struct {
	kind     *Kind
	want     cty.Value
	provides []string
	needs    []Need
	more     *Links // everything but those two; nil: nothing
	isWhole  bool   // Whole is the first key that it provides, and is not in more
	absent   bool   // see WantsAbsent
}

// Links are the links of the resource; they are empty for a kind without links. Callers must not change them in place:
// they may be shared.
func (r *Resource) Links() Links {
	switch {
	case r.Kind.Links == nil:
		return Links{}
	case r.keepsLinks():
		return r.kept.links()
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

// KeepsLinks reports whether Links computes nothing: the kept links belong to the present wanted value, or the kind
// has none.
func (r *Resource) KeepsLinks() bool { return r.Kind.Links == nil || r.keepsLinks() }

func (r *Resource) keepsLinks() bool {
	return r.kept != nil && r.kept.kind == r.Kind && isSameObject(&r.kept.want, &r.Want)
}

// KeepLinks makes Links keep its result, since a run asks for it many times. The caller must be the only user of the
// resource.
func (r *Resource) KeepLinks() {
	if !r.KeepsLinks() {
		r.kept = keep(r.Kind, r.Want)
	}
}

func keep(kind *Kind, want cty.Value) *keptLinks {
	l := kind.Links(want)
	k := &keptLinks{kind: kind, want: want, provides: slices.Clip(l.Provides), needs: slices.Clip(l.Needs), absent: WantsAbsent(want)}
	k.isWhole = len(l.Whole) == 1 && len(l.Provides) > 0 && l.Whole[0] == l.Provides[0]
	if k.isWhole {
		l.Whole = nil
	}
	l.Provides, l.Needs = nil, nil
	if !l.isEmpty() {
		more := l
		for _, list := range []*[]string{&more.Shares, &more.Before, &more.Within, &more.Writes, &more.Guards, &more.Whole, &more.Folders, &more.Ends} {
			*list = slices.Clip(*list)
		}
		k.more = &more
	}
	return k
}

// isEmpty reports whether there are no links.
func (l *Links) isEmpty() bool {
	lists := len(l.Provides) + len(l.Shares) + len(l.Before) + len(l.Needs) + len(l.Within) + len(l.Writes) + len(l.Guards) + len(l.Whole) + len(l.Folders) + len(l.Ends) + len(l.Names)
	return lists == 0 && l.Leads == "" && l.Shows == "" && l.Covers == "" && !l.NoLink && !l.Follows && !l.Retires && !l.RemovesOwner
}

func (k *keptLinks) links() (l Links) {
	if k.more != nil {
		l = *k.more
	}
	l.Provides, l.Needs = k.provides, k.needs
	if k.isWhole {
		l.Whole = k.provides[:1:1]
	}
	return l
}

// isSameObject reports whether two values are one object in memory, which takes no comparison of attributes. Equal
// objects that were made separately are not the same.
func isSameObject(a, b *cty.Value) bool {
	v, w := mapOf(a), mapOf(b)
	return v.IsValid() && w.IsValid() && v.Pointer() == w.Pointer()
}

// mapOf returns the map in which cty holds the attributes of an object; the zero Value if there is none.
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
