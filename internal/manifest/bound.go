package manifest

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// The bounds of evaluation. A manifest within them takes seconds; one beyond
// them is a mistake or an attack.
const (
	maxSteps   = 500_000   // rounds of the loops of one expression; see rounds.go
	maxParts   = 1_000_000 // elements of one value, at any depth
	maxText    = 64 << 20  // bytes of one string, and of what one function makes
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

// weight is the size of a value as a walk counts it: a part that occurs twice
// counts twice. The walk also finds whether any part is sensitive, which saves a
// second one.
type weight struct {
	parts, text int
	secret      bool
}

// add adds a value, and returns an error where that is too much.
func (w *weight) add(v cty.Value) error {
	if v == cty.NilVal {
		return nil
	}
	if v.IsMarked() {
		w.secret = true
		v, _ = v.Unmark()
	}
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	w.parts++
	switch ty := v.Type(); {
	case w.parts > maxParts:
		return fmt.Errorf("it has more than %d elements", maxParts)
	case ty == cty.String:
		if w.text += len(v.AsString()); w.text > maxText {
			return fmt.Errorf("it holds more than %d MiB of text", maxText>>20)
		}
	case ty == cty.Number:
		if v.AsBigFloat().IsInf() {
			return errors.New("it is infinite; a number must not be")
		}
	case ty.IsSetType() && ty.ElementType().IsPrimitiveType():
		w.parts += v.LengthInt() // to go over a set is to sort it
	case ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType():
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			if !ty.IsSetType() && k.Type() == cty.String {
				w.text += len(k.AsString())
			}
			if err := w.add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// weighed refuses a result that is too much to work with, alone or with all
// that came before. It reports whether anything in it is sensitive.
func (m *module) weighed(v cty.Value, at hcl.Range) (secret bool, over hcl.Diagnostics) {
	var w weight
	err := w.add(v)
	// A collection mostly refers to parts that exist already; text never
	// does.
	if err == nil && v.Type() == cty.String && m.l.content.Add(int64(w.text)) > maxContent {
		err = fmt.Errorf("with it, all values hold more than %d MiB of text; a large content is better a source", maxContent>>20)
	}
	if err != nil {
		return false, hcl.Diagnostics{failure("Too much to evaluate", "Of this value, "+err.Error()+".", &at)}
	}
	return w.secret, nil
}
