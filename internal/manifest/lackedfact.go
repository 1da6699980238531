package manifest

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
)

// programFacts is the name in node of the facts that the operator's programs print. A fact that could not be read is
// null there.
const programFacts = "custom"

// reading is an expression with the values that it reads.
type reading struct {
	mod  *module
	refs []ref
	ctx  *hcl.EvalContext
}

// findLackedFact returns the fact that could not be read, if an expression whose value is null consists of it alone,
// also by way of locals, inputs and outputs: "node.custom.rack". "": the manifest itself made the null.
func (r reading) findLackedFact(expr hcl.Expression, val cty.Value) string {
	if val == cty.NilVal || !values.Unmark(val).IsNull() {
		return ""
	}
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return r.findLackedFact(e.Expression, val)
	case *hclsyntax.TemplateWrapExpr:
		return r.findLackedFact(e.Wrapped, val)
	case *hclsyntax.ConditionalExpr:
		if is, known := r.isTrue(e.Condition); known && is {
			return r.findLackedFact(e.TrueResult, val)
		} else if known {
			return r.findLackedFact(e.FalseResult, val)
		}
	case *hclsyntax.ScopeTraversalExpr:
		return r.findLackedRef(e.Traversal)
	case *hclsyntax.IndexExpr:
		return r.findLackedIndex(e)
	}
	return ""
}

// findLackedRef is findLackedFact for one reference whose value is null.
func (r reading) findLackedRef(t hcl.Traversal) string {
	if t.RootName() == "node" {
		if group, ok := nameStep(t, 1); ok && group == programFacts && len(t) == 3 {
			return referenceText(t)
		}
		return ""
	}
	for i := range r.refs {
		if n := r.refs[i].node; n != nil && r.refs[i].trav.SourceRange() == t.SourceRange() {
			return n.lacked
		}
	}
	return ""
}

// findLackedIndex is findLackedFact for node.custom[NAME].
func (r reading) findLackedIndex(e *hclsyntax.IndexExpr) string {
	of, ok := e.Collection.(*hclsyntax.ScopeTraversalExpr)
	if !ok || referenceText(of.Traversal) != "node."+programFacts {
		return ""
	}
	key, diags := r.mod.eval.Value(e.Key, r.ctx)
	name, ok := plainValue(key, cty.String)
	if diags.HasErrors() || !ok {
		return ""
	}
	return "node." + programFacts + "." + name.AsString()
}

// refuseLacked refuses an attribute that is set to a fact which could not be read: it would count as not managed.
func (r reading) refuseLacked(b *block, a *attrExpr, val cty.Value) hcl.Diagnostics {
	fact := r.findLackedFact(a.expr, val)
	if fact == "" {
		return nil
	}
	return hcl.Diagnostics{diag.Failure("Fact not found", fmt.Sprintf(
		"In %s, %s is %s, which is null: its program has failed, and a warning says how. Where it may be null, say what is then: %s == null ? … : ….",
		b.addr(), b.kind.Attrs[a.idx].Name, fact, fact), &a.rng)}
}
