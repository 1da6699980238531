package manifest

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// rounds is the name, impossible in a manifest, of the function that counts the
// rounds of loops. A loop iterates over that function's result, so the syntax
// tree keeps its ordinary types for everything that walks it.
const rounds = " rounds"

// counted is a call of that function: with the collection of a loop, and the
// loop's place.
func (m *module) counted(loop *hclsyntax.ForExpr) hclsyntax.Expression {
	if call, ok := loop.CollExpr.(*hclsyntax.FunctionCallExpr); ok && call.Name == rounds {
		return call
	}
	at := loop.CollExpr.Range()
	place := loop.Range()
	return &hclsyntax.FunctionCallExpr{
		Name: rounds, NameRange: at, OpenParenRange: at, CloseParenRange: at,
		Args: []hclsyntax.Expression{loop.CollExpr, &hclsyntax.LiteralValueExpr{Val: cty.CapsuleVal(m.l.types.place, &place), SrcRange: at}},
	}
}

// counter counts the rounds of the loops of one evaluation.
type counter struct {
	l    *loader
	left int
	over *hcl.Diagnostic // why the evaluation does not count; nil: it does
}

// scope adds the counting function to a scope.
func (c *counter) scope(ctx *hcl.EvalContext) *hcl.EvalContext {
	out := ctx.NewChild()
	out.Functions = map[string]function.Function{rounds: function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "collection", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true},
			{Name: "place", Type: c.l.types.place},
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
	case c.l.stopped():
		c.over = failure("Too much to evaluate", "It was interrupted.", loop)
	case c.left < 0:
		c.over = failure("Too much to evaluate", fmt.Sprintf("This loop, with those around it, takes more than %d rounds.", maxSteps), loop)
	default:
		return coll
	}
	return cty.EmptyTupleVal
}
