package eval

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Parts returns the subexpressions of an expression. Those that a loop evaluates for each element use names that the
// loop defines.
func Parts(expr hcl.Expression) (parts []hclsyntax.Expression) {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		parts = append(parts, e.Expression)
	case *hclsyntax.TemplateExpr:
		parts = e.Parts
	case *hclsyntax.TemplateWrapExpr:
		parts = append(parts, e.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		parts = append(parts, e.Tuple)
	case *hclsyntax.FunctionCallExpr:
		parts = e.Args
	case *hclsyntax.ConditionalExpr:
		parts = append(parts, e.Condition, e.TrueResult, e.FalseResult)
	case *hclsyntax.BinaryOpExpr:
		parts = append(parts, e.LHS, e.RHS)
	case *hclsyntax.UnaryOpExpr:
		parts = append(parts, e.Val)
	case *hclsyntax.IndexExpr:
		parts = append(parts, e.Collection, e.Key)
	case *hclsyntax.RelativeTraversalExpr:
		parts = append(parts, e.Source)
	case *hclsyntax.SplatExpr:
		parts = append(parts, e.Source)
	case *hclsyntax.TupleConsExpr:
		parts = e.Exprs
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			parts = append(parts, item.KeyExpr, item.ValueExpr)
		}
	case *hclsyntax.ObjectConsKeyExpr:
		parts = append(parts, e.Wrapped)
	case *hclsyntax.ForExpr:
		for _, p := range []hclsyntax.Expression{e.CollExpr, e.KeyExpr, e.ValExpr, e.CondExpr} {
			if p != nil {
				parts = append(parts, p)
			}
		}
	}
	return parts
}
