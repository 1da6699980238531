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

// The bounds of evaluation. What a manifest does within them takes seconds; a
// manifest that goes beyond is taken for a mistake, or for an attack.
const (
	maxSteps   = 500_000   // rounds of the loops of one expression
	maxParts   = 1_000_000 // elements of one value, at any depth
	maxText    = 64 << 20  // bytes of one string, and of what one function makes
	maxContent = 256 << 20 // bytes of text of all values
	maxFolders = 10_000    // modules
)

// overrun is the panic of an expression that goes beyond its bounds: HCL has
// no other way to leave a loop. [module.value] recovers it.
type overrun struct {
	at  hcl.Range
	why string
}

func (o *overrun) diagnostic() *hcl.Diagnostic {
	return failure("Too much to evaluate", o.why, &o.at)
}

// bind puts the bounds into a syntax tree, which has to be done before it is
// evaluated for the first time: loops count their rounds, and a division by
// zero is an error instead of infinity.
func (m *module) bind(expr hcl.Expression) {
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return // JSON: its expressions are parsed when they are evaluated
	}
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
		switch e := n.(type) {
		case *hclsyntax.ForExpr:
			// In parentheses, so that whoever walks the tree still comes to the body:
			// a node walks what is below it, and not itself.
			body := &hclsyntax.ParenthesesExpr{Expression: e.ValExpr, SrcRange: e.ValExpr.Range()}
			e.ValExpr = counted{body, m.l, e.Range()}
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
}

// counted is the body of a loop.
type counted struct {
	hclsyntax.Expression
	l    *loader
	loop hcl.Range
}

// Value implements [hcl.Expression].
func (c counted) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if c.l.stopped() {
		panic(&overrun{c.loop, "It was interrupted."})
	}
	if n := roundsOf(ctx); n != nil {
		if *n++; *n > maxSteps {
			panic(&overrun{c.loop, fmt.Sprintf("This loop, with those around it, takes more than %d rounds.", maxSteps)})
		}
	}
	return c.Expression.Value(ctx)
}

// rounds is the name, impossible for a variable, under which a scope holds the
// counter of the expression that is evaluated in it.
const rounds = " rounds"

// counting adds a counter to a scope.
func counting(ctx *hcl.EvalContext, counter cty.Type) *hcl.EvalContext {
	out := ctx.NewChild()
	out.Variables = map[string]cty.Value{rounds: cty.CapsuleVal(counter, new(int))}
	return out
}

func roundsOf(ctx *hcl.EvalContext) *int {
	for c := ctx; c != nil; c = c.Parent() {
		if v, ok := c.Variables[rounds]; ok {
			return v.EncapsulatedValue().(*int)
		}
	}
	return nil
}

// loops reports whether there is a loop in an expression that was bound.
func loops(expr hcl.Expression) bool {
	node, ok := expr.(hclsyntax.Node)
	found := false
	if ok {
		_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
			_, loop := n.(*hclsyntax.ForExpr)
			found = found || loop
			return nil
		})
	}
	return found
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

// weigh adds up a value as whoever goes over it would: what is in it twice
// counts twice. It stops where that is too much.
type weight struct{ parts, text int }

func (w *weight) add(v cty.Value) error {
	if v == cty.NilVal || !v.IsKnown() || v.IsNull() {
		return nil
	}
	if v.IsMarked() {
		v, _ = v.Unmark()
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
// that came before.
func (m *module) weighed(v cty.Value, at hcl.Range) hcl.Diagnostics {
	var w weight
	err := w.add(v)
	// A collection is mostly made of what is there already; text never is.
	if err == nil && v.Type() == cty.String && m.l.content.Add(int64(w.text)) > maxContent {
		err = fmt.Errorf("with it, all values hold more than %d MiB of text; a large content is better a source", maxContent>>20)
	}
	if err != nil {
		return hcl.Diagnostics{failure("Too much to evaluate", "Of this value, "+err.Error()+".", &at)}
	}
	return nil
}
