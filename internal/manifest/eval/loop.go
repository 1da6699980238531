package eval

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// loop is a loop that direct evaluates, with one scope for all rounds.
type loop struct {
	direct
	*hclsyntax.ForExpr
	inner *hcl.EvalContext

	named  map[string]cty.Value // the object that the loop makes
	listed []cty.Value          // the list that the loop makes
}

// isSingle reports whether an expression is a loop that contains no other loop, except in its collection: the rounds of
// an inner loop would be counted twice if HCL had to start again.
func isSingle(expr hcl.Expression) bool {
	e, ok := expr.(*hclsyntax.ForExpr)
	if !ok || e.Group {
		return false
	}
	single := true
	for _, part := range []hclsyntax.Expression{e.KeyExpr, e.ValExpr, e.CondExpr} {
		if part == nil {
			continue
		}
		_ = hclsyntax.VisitAll(part, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
			_, another := n.(*hclsyntax.ForExpr)
			single = single && !another
			return nil
		})
	}
	return single
}

// evalLoop is e.Value of a single loop.
func (d direct) evalLoop(e *hclsyntax.ForExpr, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	coll, diags := e.CollExpr.Value(ctx)
	if len(diags) == 0 {
		l := loop{direct: d, ForExpr: e, inner: ctx.NewChild(), named: map[string]cty.Value{}, listed: []cty.Value{}}
		l.inner.Variables = map[string]cty.Value{}
		if v, ok := l.run(coll); ok {
			return v, nil
		}
	}
	ready := *e
	ready.CollExpr = evaluated{e.CollExpr, coll, diags}
	return ready.Value(ctx)
}

// run returns the value of the loop; ok is false if HCL must evaluate it.
func (l *loop) run(coll cty.Value) (v cty.Value, ok bool) {
	if coll.IsMarked() || !coll.IsKnown() || coll.IsNull() || !coll.CanIterateElements() || !l.mayJudge() {
		return cty.NilVal, false
	}
	for it := coll.ElementIterator(); it.Next(); {
		l.enter(it.Element())
		if !l.add() {
			return cty.NilVal, false
		}
	}
	if l.KeyExpr != nil {
		return cty.ObjectVal(l.named), true
	}
	return cty.TupleVal(l.listed), true
}

// enter sets the names that the loop defines.
func (l *loop) enter(k, v cty.Value) {
	if l.KeyVar != "" {
		l.inner.Variables[l.KeyVar] = k
	}
	l.inner.Variables[l.ValVar] = v
}

// mayJudge reports whether HCL accepts the condition of the loop before its first round.
func (l *loop) mayJudge() bool {
	if l.CondExpr == nil {
		return true
	}
	l.enter(cty.DynamicVal, cty.DynamicVal)
	v, diags := l.CondExpr.Value(l.inner)
	if len(diags) > 0 || v.IsNull() {
		return false
	}
	_, err := convert.Convert(v, cty.Bool)
	return err == nil
}

// isLeftOut reports whether the condition of the loop excludes the current element.
func (l *loop) isLeftOut() (out, ok bool) {
	if l.CondExpr == nil {
		return false, true
	}
	v, diags := l.value(l.CondExpr, l.inner)
	if len(diags) > 0 || v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return false, false
	}
	is, err := convert.Convert(v, cty.Bool)
	if err != nil || !is.IsKnown() {
		return false, false
	}
	return is.False(), true
}

// add adds the result of a round.
func (l *loop) add() (ok bool) {
	if out, ok := l.isLeftOut(); !ok || out {
		return ok
	}
	name := ""
	if l.KeyExpr != nil {
		key, diags := l.value(l.KeyExpr, l.inner)
		if len(diags) > 0 {
			return false
		}
		if key, ok = plainText(key); !ok {
			return false
		}
		name = key.AsString()
		if _, twice := l.named[name]; twice {
			return false
		}
	}
	v, diags := l.value(l.ValExpr, l.inner)
	if len(diags) > 0 {
		return false
	}
	if l.KeyExpr != nil {
		l.named[name] = v
	} else {
		l.listed = append(l.listed, v)
	}
	return true
}
