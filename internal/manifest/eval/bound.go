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

// The bounds of evaluation, beside those of values ([values.MaxParts]). A
// manifest within them takes seconds; one beyond them is a mistake or an attack.
const (
	maxSteps   = 500_000   // rounds of the loops of one expression; see rounds.go
	maxContent = 256 << 20 // bytes of text of all values
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
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
		switch n := n.(type) {
		case *hclsyntax.ForExpr:
			n.CollExpr = e.countRounds(n)
			e.looping.Store(expr, true)
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

// weighValue refuses a result that is too much to work with, alone or with all
// that came before. It reports whether anything in it is sensitive.
func (e *Evaluator) weighValue(v cty.Value, at hcl.Range) (secret bool, over hcl.Diagnostics) {
	var w values.Size
	err := w.Add(v)
	// A collection mostly refers to parts that exist already; text never
	// does.
	if err == nil && v.Type() == cty.String && e.content.Add(int64(w.Text)) > maxContent {
		err = fmt.Errorf("with it, all values hold more than %d MiB of text; a large content is better a source", maxContent>>20)
	}
	if err != nil {
		return false, hcl.Diagnostics{diag.Failure("Too much to evaluate", "Of this value, "+err.Error()+".", &at)}
	}
	return w.Secret, nil
}
