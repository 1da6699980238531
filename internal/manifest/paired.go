package manifest

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/syntax"
)

// pairSet holds the references in X[each.key]: such a reference means the
// instance of the same key only.
type pairSet map[span]bool

// span is the place of a reference in its file.
type span struct{ from, to int }

func spanOf(r hcl.Range) span { return span{r.Start.Byte, r.End.Byte} }

// find looks through an expression. A block is in one file, so a place in it
// is enough.
func (p pairSet) find(expr hcl.Expression) {
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return // JSON that cannot be evaluated
	}
	var found []hcl.Range
	shadowed := false // by a for expression with a variable of that name
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.ForExpr:
			shadowed = shadowed || n.KeyVar == "each" || n.ValVar == "each"
		case *hclsyntax.IndexExpr:
			of, isRef := n.Collection.(*hclsyntax.ScopeTraversalExpr)
			key, isKey := n.Key.(*hclsyntax.ScopeTraversalExpr)
			if isRef && isKey && syntax.TraversalText(key.Traversal) == "each.key" {
				found = append(found, of.Traversal.SourceRange())
			}
		}
		return nil
	})
	for _, r := range found {
		p[spanOf(r)] = !shadowed
	}
}

// isPairedIn reports whether the reference is one of p to something with for_each.
func (r *ref) isPairedIn(p pairSet) bool {
	many := r.block != nil && r.block.isEach() || r.call != nil && r.call.isEach()
	return many && p[spanOf(r.trav.SourceRange())]
}

// chooseInstance makes a paired reference in the input of a module mean one instance.
func (res resolver) chooseInstance(r *ref, each *eachVals) {
	r.fixed = each
	if r.call != nil && r.call.byKey[each.key] != nil {
		r.inst = r.call.byKey[each.key]
		r.node = res.mod.modulesNode(r.call, r.inst)
	}
}
