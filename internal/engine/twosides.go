package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// spareSide narrows the removal of an orphan that was changed since converge wrote it. The running state and the state
// at boot are taken back separately, as are the attributes of a kind with RestoresAttrs, so that a change of one does
// not keep the other. It reports whether anything remains to be taken back.
func (r *orphanReviewer) spareSide(ctx context.Context, s *orphanStep) bool {
	if s.made == nil || s.Kind.BootOnly == nil && !s.Kind.RestoresAttrs {
		return false
	}
	since, err := compareMade(ctx, s.made, s.change, true)
	if err != nil || since.Action != resource.Update {
		return false
	}
	live := liveAttrs(s.Kind)
	isLive := func(a resource.AttrChange) bool { return live[a.Name] }
	narrow := *s
	switch {
	case s.Kind.RestoresAttrs && s.change.Action == resource.Update:
		narrow.res, narrow.made = without(s.res, since.Attrs), without(s.made, since.Attrs)
	case s.Kind.RestoresAttrs:
		return false
	case !slices.ContainsFunc(since.Attrs, func(a resource.AttrChange) bool { return !isLive(a) }):
		narrow.res, narrow.made = bootSide(s.res), bootSide(s.made)
		if live[s.Kind.ContentAttr] {
			narrow.Digest = ""
		}
	case s.change.Action == resource.Update && !slices.ContainsFunc(since.Attrs, isLive):
		narrow.res, narrow.made = liveSide(s.res), liveSide(s.made)
	default:
		return false
	}
	have, err := observe(ctx, narrow.res)
	if err != nil {
		return false
	}
	narrow.change = resource.Diff(narrow.res, have)
	if narrow.change.Empty() || r.o.isEdited(ctx, &narrow) {
		return false
	}
	*s = narrow
	s.spared = describeSpared(s.Kind, since)
	return true
}

// without is a resource that does not declare some attributes.
func without(res *resource.Resource, attrs []resource.AttrChange) *resource.Resource {
	out := *res
	left := resource.AttrsOf(res.Want)
	for _, a := range attrs {
		delete(left, a.Name)
	}
	out.Want = cty.ObjectVal(left)
	return &out
}

func liveAttrs(k *resource.Kind) map[string]bool {
	out := map[string]bool{}
	for i := range k.Attrs {
		if a := &k.Attrs[i]; a.Live {
			out[a.Name] = true
		}
	}
	return out
}

// bootSide is a resource without its running state.
func bootSide(res *resource.Resource) *resource.Resource {
	out := *res
	attrs := resource.AttrsOf(res.Kind.WithoutLive(res.Want))
	maps.Copy(attrs, res.Kind.BootOnly)
	out.Want = cty.ObjectVal(attrs)
	return &out
}

// liveSide is a resource of which only the running state is compared.
func liveSide(res *resource.Resource) *resource.Resource {
	out := *res
	attrs := resource.AttrsOf(res.Want)
	for i := range res.Kind.Attrs {
		if a := &res.Kind.Attrs[i]; a.Computed && !a.Live && !a.Option {
			delete(attrs, a.Name)
		}
	}
	out.Want = cty.ObjectVal(attrs)
	return &out
}

// describeSpared names what was changed since converge wrote it.
func describeSpared(k *resource.Kind, since resource.Change) string {
	texts := make([]string, len(since.Attrs))
	for i, d := range since.Attrs {
		a, _ := k.Attr(d.Name)
		texts[i] = d.Name
		if a.Brief != "" {
			texts[i] = a.Brief
		}
		if is, was := asText(d.Have), asText(d.Want); !d.Secret && (is != "" || was != "") {
			texts[i] += fmt.Sprintf(" (%s → %s)", quoteEmpty(was), quoteEmpty(is))
		}
	}
	return "changed since converge wrote it, and stays: " + strings.Join(texts, ", ")
}

// asText is the text of an attribute; "" if it is not a text.
func asText(v cty.Value) string {
	if v == cty.NilVal || v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

func quoteEmpty(text string) string {
	if text == "" {
		return `""`
	}
	return text
}
