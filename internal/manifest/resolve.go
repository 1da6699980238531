package manifest

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
)

// resolveSite resolves every reference in the site before evaluation: an undeclared name is an error anywhere, even in a
// branch that is never taken.
func (l *loader) resolveSite() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, m := range slices.Concat(l.mods, l.patterns) {
		for i := 0; i < len(m.nodes); i++ {
			diags = append(diags, m.nodes[i].resolveRefs()...)
		}
		for _, it := range m.items {
			b := it.block
			if it.call != nil {
				b = it.call.on
				diags = append(diags, it.call.resolvePattern()...)
			}
			if more := b.resolveEdges(); len(more) > 0 {
				diags = append(diags, diag.In(more, b.addr().String())...)
			}
		}
	}
	return diags
}

// resolveRefs runs once; an evaluated node has no reference left.
func (n *node) resolveRefs() hcl.Diagnostics {
	if diags := n.resolveUses(); len(diags) > 0 {
		return diag.In(diags, n.nameForMessages())
	}
	return nil
}

func (n *node) resolveUses() hcl.Diagnostics {
	switch {
	case n.what == "group" || n.done:
		return nil
	case n.block != nil:
		return n.block.resolveAttrs()
	case n.uses == nil:
		return nil
	}
	refs, diags := resolver{n.mod}.resolveAll(n.uses, n.in)
	if n.in != nil && n.in.forEach != nil {
		paired := pairSet{}
		paired.find(n.expr)
		for i := range refs {
			if refs[i].isPairedIn(paired) && n.each != nil {
				resolver{n.mod}.chooseInstance(&refs[i], n.each)
			}
		}
	}
	n.refs, n.uses = refs, nil
	return diags
}

// resolvePattern checks the references of a module block in a pattern; other module blocks have been expanded.
func (c *call) resolvePattern() hcl.Diagnostics {
	if !c.mod.pattern {
		return nil
	}
	var diags hcl.Diagnostics
	for _, e := range c.on.listExpressions() {
		_, more := resolver{c.mod}.resolveAll(e.Variables(), c.on)
		diags = append(diags, more...)
	}
	return diags
}

// resolveAttrs resolves the references of the block's attributes in the order of
// their places, so that the first of two equal dependencies is the first read.
func (b *block) resolveAttrs() hcl.Diagnostics {
	var uses []hcl.Traversal
	paired := pairSet{}
	for _, e := range b.listExpressions() {
		uses = append(uses, e.Variables()...)
		if b.forEach != nil {
			paired.find(e)
		}
	}
	refs, diags := resolver{b.mod}.resolveAll(uses, b)
	for i := range refs {
		refs[i].paired = refs[i].isPairedIn(paired)
	}
	b.node.refs = refs
	return diags
}

// listExpressions returns the block's own expressions, without those of its edges.
func (b *block) listExpressions() []hcl.Expression {
	var out []hcl.Expression
	for _, e := range []hcl.Expression{b.forEach, b.when, b.onFailure, b.protect, b.audit} {
		if e != nil {
			out = append(out, e)
		}
	}
	for i := range b.attrs {
		if b.attrs[i].expr != nil {
			out = append(out, b.attrs[i].expr)
		}
	}
	return append(out, b.unknown...)
}

// pairSet holds the references in X[each.key]: such a reference means the
// instance of the same key only.
type pairSet map[hcl.Range]bool

// find collects the paired references of an expression.
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
		p[r] = !shadowed
	}
}

// isPairedIn reports whether the reference is one of p to something with for_each.
func (r *ref) isPairedIn(p pairSet) bool {
	many := r.block != nil && r.block.isEach() || r.call != nil && r.call.on.isEach()
	return many && p[r.trav.SourceRange()]
}

// chooseInstance resolves a paired reference in the input of a module to one instance.
func (res resolver) chooseInstance(r *ref, each *eachVals) {
	r.fixed = each
	if r.call != nil && r.call.byKey[each.key] != nil {
		r.inst = r.call.byKey[each.key]
		r.node = res.mod.modulesNode(r.call, r.inst)
	}
}
