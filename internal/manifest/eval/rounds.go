package eval

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/diag"
)

// rounds is the name, impossible in a manifest, of the function that counts the
// rounds of loops. A loop iterates over that function's result, so the syntax
// tree keeps its ordinary types for everything that walks it.
const rounds = " rounds"

// countRounds returns a call of that function: with the collection of a loop, and the
// loop's place.
func (e *Evaluator) countRounds(loop *hclsyntax.ForExpr) hclsyntax.Expression {
	if call, ok := loop.CollExpr.(*hclsyntax.FunctionCallExpr); ok && call.Name == rounds {
		return call
	}
	at := loop.CollExpr.Range()
	span := loop.Range()
	return &hclsyntax.FunctionCallExpr{
		Name: rounds, NameRange: at, OpenParenRange: at, CloseParenRange: at,
		Args: []hclsyntax.Expression{loop.CollExpr, &hclsyntax.LiteralValueExpr{Val: cty.CapsuleVal(e.place, &span), SrcRange: at}},
	}
}

// counter counts the rounds of the loops of one evaluation.
type counter struct {
	e    *Evaluator
	left int
	over *hcl.Diagnostic // why the evaluation does not count; nil: it does
}

// extend adds the counting function to a scope.
func (c *counter) extend(ctx *hcl.EvalContext) *hcl.EvalContext {
	out := ctx.NewChild()
	out.Functions = map[string]function.Function{rounds: function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "collection", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true},
			{Name: "place", Type: c.e.place},
		},
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return c.count(args[0], args[1].EncapsulatedValue().(*hcl.Range)), nil
		},
	})}
	return out
}

// count returns what a loop is to go over: the collection, or nothing where all
// rounds are used up. That ends the evaluation fast, with no error that try()
// could take for one of the manifest.
func (c *counter) count(coll cty.Value, loop *hcl.Range) cty.Value {
	plain, _ := coll.Unmark()
	if plain.IsKnown() && !plain.IsNull() && plain.CanIterateElements() {
		c.left -= plain.LengthInt()
	}
	switch {
	case c.over != nil:
	case c.e.opts.Stopped() != nil:
		c.over = diag.Failure("Too much to evaluate", "It was interrupted.", loop)
	case c.left < 0:
		c.over = diag.Failure("Too much to evaluate", fmt.Sprintf("This loop, with those around it, takes more than %d rounds.", maxSteps), loop)
	default:
		return coll
	}
	return cty.EmptyTupleVal
}
