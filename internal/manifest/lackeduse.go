package manifest

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/eval"
)

// readingOf returns the values that the expressions of a block read.
func readingOf(b *block, ctx *hcl.EvalContext) reading {
	if b.node == nil {
		return reading{b.mod, b.early, ctx}
	}
	return reading{b.mod, b.node.refs, ctx}
}

// refuseLackedUses refuses an expression that uses a fact which could not be read: null differs from every value, so a
// comparison would silently choose the other branch. An expression may only test whether it is null. Branches that are
// not taken do not count.
func (r reading) refuseLackedUses(expr hcl.Expression) hcl.Diagnostics {
	if !slices.ContainsFunc(r.refs, mayLack) {
		return nil
	}
	return r.refuseUsesIn(expr)
}

// mayLack reports whether a reference may lead to a fact that could not be read.
func mayLack(f ref) bool {
	if f.node != nil {
		return f.node.lacked != ""
	}
	group, ok := nameStep(f.trav, 1)
	return f.use == useNode && ok && group == programFacts
}

func (r reading) refuseUsesIn(expr hcl.Expression) (diags hcl.Diagnostics) {
	for _, part := range r.evaluatedParts(expr) {
		diags = append(diags, r.refuseUsesIn(part)...)
	}
	for _, operand := range usedOperands(expr) {
		val, failed := r.mod.eval.Value(operand, r.ctx)
		if failed.HasErrors() {
			continue // it is the variable of a loop, or the whole expression has failed
		}
		if fact := r.findLackedFact(operand, val); fact != "" {
			diags = append(diags, diag.Failure("Fact not found", fmt.Sprintf(
				"%s is used here, and is null: its program has failed, and a warning says how. Where it may be null, say what is then: %s == null ? … : ….",
				fact, fact), operand.Range().Ptr()))
		}
	}
	return diags
}

// evaluatedParts returns the parts of an expression that determine its value.
func (r reading) evaluatedParts(expr hcl.Expression) []hclsyntax.Expression {
	switch e := expr.(type) {
	case *hclsyntax.ConditionalExpr:
		if is, known := r.isTrue(e.Condition); known && is {
			return []hclsyntax.Expression{e.Condition, e.TrueResult}
		} else if known {
			return []hclsyntax.Expression{e.Condition, e.FalseResult}
		}
	case *hclsyntax.BinaryOpExpr:
		is, known := r.isTrue(e.LHS)
		if known && (e.Op == hclsyntax.OpLogicalAnd && !is || e.Op == hclsyntax.OpLogicalOr && is) {
			return []hclsyntax.Expression{e.LHS}
		}
	case *hclsyntax.FunctionCallExpr:
		if takesNull(e.Name) {
			return nil
		}
	}
	return eval.Parts(expr)
}

// usedOperands returns the operands of an expression that would use null as a value. All others pass null on, or report
// an error themselves.
func usedOperands(expr hcl.Expression) []hclsyntax.Expression {
	switch e := expr.(type) {
	case *hclsyntax.BinaryOpExpr:
		if (e.Op == hclsyntax.OpEqual || e.Op == hclsyntax.OpNotEqual) && !isNullLiteral(e.LHS) && !isNullLiteral(e.RHS) {
			return []hclsyntax.Expression{e.LHS, e.RHS}
		}
	case *hclsyntax.FunctionCallExpr:
		if !takesNull(e.Name) {
			return e.Args
		}
	}
	return nil
}

// takesNull reports whether a function is meant for values that may be missing.
func takesNull(function string) bool {
	return slices.Contains([]string{"coalesce", "try", "can"}, function)
}

func isNullLiteral(expr hclsyntax.Expression) bool {
	if p, ok := expr.(*hclsyntax.ParenthesesExpr); ok {
		return isNullLiteral(p.Expression)
	}
	literal, ok := expr.(*hclsyntax.LiteralValueExpr)
	return ok && literal.Val.IsNull()
}

// isTrue evaluates a condition; known is false if it has no definite value here.
func (r reading) isTrue(condition hcl.Expression) (is, known bool) {
	val, diags := r.mod.eval.Value(condition, r.ctx)
	if diags.HasErrors() {
		return false, false
	}
	plain, ok := plainValue(val, cty.Bool)
	return ok && plain.True(), ok
}
