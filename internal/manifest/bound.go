package manifest

import (
	"converge/internal/manifest/values"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// The bounds of evaluation, beside those of values ([values.MaxParts]). A
// manifest within them takes seconds; one beyond them is a mistake or an attack.
const (
	maxSteps   = 500_000   // rounds of the loops of one expression; see rounds.go
	maxContent = 256 << 20 // bytes of text of all values
	maxFolders = 10_000    // modules
)

// bind returns an expression whose evaluation is bounded: its loops count their
// rounds, and a division by zero is an error instead of infinity. It changes the
// syntax tree, so it comes before the first evaluation.
func (m *module) bind(expr hcl.Expression) hcl.Expression {
	expr = native(expr)
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return expr // JSON that cannot be evaluated, which its evaluation explains
	}
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
		switch e := n.(type) {
		case *hclsyntax.ForExpr:
			e.CollExpr = m.counted(e)
			m.l.looping.Store(expr, true)
		case *hclsyntax.BinaryOpExpr:
			switch e.Op {
			case hclsyntax.OpDivide:
				e.Op = &hclsyntax.Operation{Impl: finite(stdlib.DivideFunc), Type: cty.Number}
			case hclsyntax.OpModulo:
				e.Op = &hclsyntax.Operation{Impl: finite(stdlib.ModuloFunc), Type: cty.Number}
			}
		}
		return nil
	})
	return expr
}

// finite makes an infinite result, and a division by zero, errors.
func finite(f function.Function) function.Function {
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

// weighed refuses a result that is too much to work with, alone or with all
// that came before. It reports whether anything in it is sensitive.
func (m *module) weighed(v cty.Value, at hcl.Range) (secret bool, over hcl.Diagnostics) {
	var w values.Size
	err := w.Add(v)
	// A collection mostly refers to parts that exist already; text never
	// does.
	if err == nil && v.Type() == cty.String && m.l.content.Add(int64(w.Text)) > maxContent {
		err = fmt.Errorf("with it, all values hold more than %d MiB of text; a large content is better a source", maxContent>>20)
	}
	if err != nil {
		return false, hcl.Diagnostics{failure("Too much to evaluate", "Of this value, "+err.Error()+".", &at)}
	}
	return w.Secret, nil
}
