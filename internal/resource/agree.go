package resource

import (
	"cmp"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// Disagree names, sorted, the attributes in which two resources of one thing
// differ; nil if they agree. Their names for the thing, and the origin of a
// content, make no difference.
func Disagree(a, b *Resource) []string {
	x, y := said(a), said(b)
	var out []string
	for name, v := range x {
		if w, ok := y[name]; !ok || !sayTheSame(v, w) {
			out = append(out, name)
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			out = append(out, name)
		}
	}
	if cmp.Or(a.OnFailure, FailSkip) != cmp.Or(b.OnFailure, FailSkip) {
		out = append(out, "on_failure")
	}
	slices.Sort(out)
	return out
}

// said returns the attributes that a resource declares for its thing.
func said(r *Resource) map[string]cty.Value {
	m := r.Want.AsValueMap()
	if m == nil {
		return nil
	}
	maps.DeleteFunc(m, func(name string, _ cty.Value) bool {
		a, known := r.Kind.Attr(name)
		return name == r.Kind.Label || known && a.Wording
	})
	return m
}

func sayTheSame(v, w cty.Value) bool {
	if v.Type() == BlobType && w.Type() == BlobType {
		return AsBlob(v).Same(AsBlob(w))
	}
	return v.RawEquals(w)
}
