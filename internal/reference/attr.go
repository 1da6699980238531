package reference

import (
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// listSettable returns the attributes that a manifest may set.
func listSettable(k *resource.Kind) []item {
	var out []item
	for i := range k.Attrs {
		if a := &k.Attrs[i]; !a.Computed {
			out = append(out, item{a.Name, describeTraits(k, a), docOf(a)})
		}
	}
	return out
}

// listComputed returns the attributes that only a plan shows.
func listComputed(k *resource.Kind) []item {
	var out []item
	for i := range k.Attrs {
		if a := &k.Attrs[i]; a.Computed && !a.Internal && a.Doc != "" {
			doc := docOf(a)
			if a.Brief != "" && a.Brief != a.Name {
				doc += " The plan of a change calls it `" + a.Brief + "`."
			}
			out = append(out, item{a.Name, typeName(a.Type), doc})
		}
	}
	return out
}

// describeTraits summarises an attribute: its type, default and the like.
func describeTraits(k *resource.Kind, a *resource.Attr) string {
	parts := []string{typeName(a.Type)}
	if a.Name == k.Label {
		parts = append(parts, "the label unless set")
	} else if a.Required {
		parts = append(parts, "required")
	}
	if d := defaultOf(a); d != "" {
		parts = append(parts, "default "+d)
	}
	if a.Secret {
		parts = append(parts, "sensitive")
	}
	return strings.Join(parts, ", ")
}

func docOf(a *resource.Attr) string {
	doc := a.Doc
	if len(a.OneOf) > 0 && !mentionsAll(doc, a.OneOf) {
		doc = strings.TrimSpace(doc + " One of `" + strings.Join(a.OneOf, "`, `") + "`.")
	}
	return doc
}

func mentionsAll(doc string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(doc, "`"+w+"`") {
			return false
		}
	}
	return true
}

func defaultOf(a *resource.Attr) string {
	d := a.Default
	if d == cty.NilVal || d.IsNull() || !d.IsKnown() {
		return ""
	}
	switch d.Type() {
	case cty.String:
		return "`\"" + d.AsString() + "\"`"
	case cty.Bool:
		if d.True() {
			return "`true`"
		}
		return "`false`"
	case cty.Number:
		return "`" + d.AsBigFloat().Text('f', -1) + "`"
	}
	return ""
}

// typeName writes a type as a manifest's variable block would.
func typeName(t cty.Type) string {
	switch t {
	case resource.BlobType:
		return "content"
	case cty.NilType, cty.DynamicPseudoType:
		return "any"
	}
	return typeexpr.TypeString(t)
}
