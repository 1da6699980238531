package eval

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
)

// The bounds of evaluation, in addition to those of values ([values.MaxParts]). A manifest within them takes seconds;
// one beyond them is a mistake or an attack.
const (
	maxSteps   = 500_000   // rounds of the loops of one expression
	maxContent = 256 << 20 // bytes of text in all values
)

// Bind returns an expression whose evaluation is bounded: its loops count their
// rounds, and a division by zero is an error instead of infinity. It changes the
// syntax tree, so it comes before the first evaluation.
func (e *Evaluator) Bind(expr hcl.Expression) hcl.Expression {
	expr = syntax.ToNative(expr)
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return expr // JSON that cannot be evaluated, which its evaluation explains
	}
	loops := false
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
		switch n := n.(type) {
		case *hclsyntax.ForExpr:
			n.CollExpr = e.countRounds(n)
			loops = true
		case *hclsyntax.BinaryOpExpr:
			switch n.Op {
			case hclsyntax.OpDivide:
				n.Op = &hclsyntax.Operation{Impl: makeFinite(stdlib.DivideFunc), Type: cty.Number}
			case hclsyntax.OpModulo:
				n.Op = &hclsyntax.Operation{Impl: makeFinite(stdlib.ModuloFunc), Type: cty.Number}
			}
		}
		return nil
	})
	if loops {
		e.looping.Store(expr, isSingle(expr))
	}
	return expr
}

// makeFinite makes an infinite result, and a division by zero, errors.
func makeFinite(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), Type: function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[1].AsBigFloat().Sign() == 0 {
				return cty.NilVal, errors.New("it divides by zero")
			}
			return f.Call(args)
		},
	})
}

// weighValue refuses a result that is too large, alone or together with all earlier ones. It reports whether any part of
// it is sensitive.
func (e *Evaluator) weighValue(v cty.Value, at hcl.Range) (secret bool, over hcl.Diagnostics) {
	var w values.Size
	err := w.Add(v)
	// The elements of a collection mostly exist already; a text is always new.
	if err == nil && v.Type() == cty.String && e.content.Add(int64(w.Text)) > maxContent {
		err = fmt.Errorf("with it, all values hold more than %d MiB of text; a large content is better a source", maxContent>>20)
	}
	if err != nil {
		return false, hcl.Diagnostics{diag.Failure("Too much to evaluate", "Of this value, "+err.Error()+".", &at)}
	}
	return w.Secret, nil
}

// rounds is the name, impossible in a manifest, of the function that counts the rounds of loops. A loop iterates over
// that function's result, so the syntax tree keeps its ordinary types for all code that walks it.
const rounds = " rounds"

// countRounds returns a call of that function with the collection of a loop and the loop's place.
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
	over *hcl.Diagnostic // why the result is invalid; nil: it is valid
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

// count returns what a loop iterates over: the collection, or nothing if no rounds are left. That ends the evaluation
// fast, without an error that try() could take for one of the manifest.
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
