package syntax

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// TraversalText writes a traversal in a manifest's form.
func TraversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			if name, ok := StepName(s); ok {
				b.WriteString(strings.TrimPrefix(resource.Addr{Name: "x", Key: name, Each: true}.String(), ".x"))
			} else {
				b.WriteString("[…]")
			}
		default:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// StepName returns the name that a step of a traversal takes, if it takes one.
func StepName(t hcl.Traverser) (string, bool) {
	switch t := t.(type) {
	case hcl.TraverseRoot:
		return t.Name, true
	case hcl.TraverseAttr:
		return t.Name, true
	case hcl.TraverseIndex:
		if t.Key.Type() == cty.String && t.Key.IsKnown() && !t.Key.IsNull() && !t.Key.IsMarked() {
			return values.SpellBytes(t.Key.AsString()), true
		}
	}
	return "", false
}
