package manifest

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// evaluateOnce evaluates a node after everything that it refers to. If one of those has no value, this node has none
// either, and no second error is reported.
func (n *node) evaluateOnce() hcl.Diagnostics {
	if diags := n.evaluate(); len(diags) > 0 {
		return diag.In(diags, n.nameForMessages())
	}
	return nil
}

func (n *node) evaluate() hcl.Diagnostics {
	switch {
	case n.block != nil:
		return n.block.makeResources()
	case n.secret != nil:
		return n.evaluateSecret()
	case n.what == "group":
		n.done = true
		for i := range n.refs {
			n.done = n.done && (n.refs[i].node == nil || n.refs[i].node.done)
		}
		n.deps = depsOf(n.refs)
		return nil
	case n.expr == nil:
		return nil
	}
	ctx, ok := n.mod.buildScope(n.refs)
	if !ok {
		return nil
	}
	at := n.expr.Range()
	ctx = n.each.extendScope(ctx)
	val, diags := n.mod.eval.Value(n.expr, ctx)
	n.deps = depsOf(n.refs)
	if !diags.HasErrors() {
		diags = append(diags, reading{n.mod, n.refs, ctx}.refuseLackedUses(n.expr)...)
	}
	switch {
	case diags.HasErrors():
	case n.variable != nil:
		if diags = append(diags, n.refuseWrittenExtras(val, n.expr)...); !diags.HasErrors() {
			diags = append(diags, n.setValue(val, n.expr, at)...)
		}
	default:
		if n.sensitive {
			val = val.Mark(values.Sensitive)
			n.mod.l.met.AddWhole(val)
		}
		n.val, n.done = val, true
	}
	if !n.done && n.home.off { // a disabled module may refer to missing things
		n.val, n.done, diags = cty.NullVal(cty.DynamicPseudoType), true, nil
	}
	if n.done {
		n.lacked = reading{n.mod, n.refs, ctx}.findLackedFact(n.expr, n.val)
		n.expr, n.refs = nil, nil
	}
	return diags
}

// makeResources makes the block's resources.
func (b *block) makeResources() hcl.Diagnostics {
	if b.node.done {
		return nil
	}
	ctx, ok := b.mod.buildScope(b.node.refs)
	if !ok {
		return nil
	}
	b.deps = depsOf(b.node.refs)
	var diags hcl.Diagnostics
	if b.kind.Expand != nil {
		diags = severalMaker{b}.makeSeveral(ctx)
	} else if b.forEach == nil {
		diags = b.insts[0].makeResource(ctx)
	} else {
		diags = b.makeInstances(ctx)
	}
	b.node.done = !diags.HasErrors()
	b.node.refs = nil
	b.attrs, b.forEach, b.when, b.onFailure, b.protect, b.audit = nil, nil, nil, nil, nil, nil
	return diags
}

// makeInstances makes one instance for each element of for_each.
func (b *block) makeInstances(ctx *hcl.EvalContext) hcl.Diagnostics {
	eaches, diags := b.listElements(ctx)
	if diags.HasErrors() {
		return diags
	}
	insts := make([]instance, len(eaches))
	failed := make([]hcl.Diagnostics, len(eaches))
	b.insts = make([]*instance, len(eaches))
	b.byKey = make(map[string]*instance, len(eaches))
	for i := range eaches {
		insts[i] = instance{block: b, each: &eaches[i], res: b.newResource(&eaches[i])}
		b.insts[i] = &insts[i]
		b.byKey[eaches[i].key] = &insts[i]
	}
	runParallel(len(insts), func(i int) {
		if b.mod.l.ctx.Err() == nil {
			failed[i] = diag.Guard(func() hcl.Diagnostics { return insts[i].makeResource(insts[i].each.extendScope(ctx)) })
			diag.In(failed[i], insts[i].res.Addr.String())
		}
	})
	return append(diags, b.firstFailure(failed)...)
}

// firstFailure keeps the diagnostics of the first failed instance: those of the others are mostly equal.
func (b *block) firstFailure(failed []hcl.Diagnostics) hcl.Diagnostics {
	var first hcl.Diagnostics
	var key string
	others := 0
	for i, diags := range failed {
		switch {
		case !diags.HasErrors():
		case first == nil:
			first, key = diags, b.insts[i].each.key
		default:
			others++
		}
	}
	more := "."
	switch {
	case others == 1:
		more = "; 1 other resource of this block fails, too."
	case others > 1:
		more = fmt.Sprintf("; %d other resources of this block fail, too.", others)
	}
	for _, d := range first {
		d.Detail += fmt.Sprintf(" (With each.key %q%s)", key, more)
	}
	return first
}

// extendScope adds each to a scope; nil adds nothing.
func (e *eachVals) extendScope(ctx *hcl.EvalContext) *hcl.EvalContext {
	if e == nil {
		return ctx
	}
	if e.outer != nil {
		e = e.outer
	}
	out := ctx.NewChild()
	out.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{
		"key": cty.StringVal(e.key), "value": e.val,
	})}
	return out
}

// makeResource evaluates the attributes of one instance and makes its resource. A disabled instance may refer to
// something missing; it is dropped.
func (in *instance) makeResource(ctx *hcl.EvalContext) hcl.Diagnostics {
	b := in.block
	diags := in.evaluateCommon(ctx)
	if diags.HasErrors() && !b.mod.off {
		return diags
	}
	vals, more := in.evaluateAttrs(ctx)
	diags = append(diags, more...)
	if diags.HasErrors() && !in.res.Off {
		return diags
	}
	more = in.finishResource(vals)
	if in.res.Off {
		if in.res.Want == cty.NilVal {
			in.res.Want = cty.EmptyObjectVal
		}
		return nil
	}
	return append(diags, more...)
}

// checkProtected refuses a protected resource that is declared absent.
func (in *instance) checkProtected() hcl.Diagnostics {
	if !in.res.Protect || in.res.Audit || in.res.Want == cty.NilVal || !resource.WantsAbsent(in.res.Want) {
		return nil
	}
	return hcl.Diagnostics{diag.Failure("Contradiction", fmt.Sprintf(
		"In %s, protect = true keeps the thing, and ensure asks for its removal.", in.res.Addr), &in.block.rng)}
}

// evaluateAttrs evaluates the attributes that are set.
func (in *instance) evaluateAttrs(ctx *hcl.EvalContext) (vals []attrVal, diags hcl.Diagnostics) {
	b := in.block
	vals = make([]attrVal, 0, len(b.attrs)+2)
	for i := range b.attrs {
		a := &b.attrs[i]
		val, more := a.val, hcl.Diagnostics(nil)
		if a.expr != nil {
			if val, more = b.mod.eval.Value(a.expr, ctx); !more.HasErrors() {
				r := readingOf(b, ctx)
				more = append(r.refuseLacked(b, a, val), r.refuseLackedUses(a.expr)...)
			}
			if !more.HasErrors() {
				val, more = b.acceptValue(a.idx, val, a.expr, a.rng, ctx)
			}
		}
		diags = append(diags, more...)
		switch {
		case more.HasErrors():
		case val != cty.NilVal:
			vals = append(vals, attrVal{a.idx, val})
		case a.expr != nil:
			in.nulls = append(in.nulls, nullAttr{a.idx, a.expr, ctx})
		}
	}
	return vals, diags
}

// evaluateCommon evaluates when, on_failure, protect and audit.
func (in *instance) evaluateCommon(ctx *hcl.EvalContext) hcl.Diagnostics {
	b := in.block
	if b.when != nil {
		v, diags := in.evaluateMeta(b.when, ctx, cty.Bool, "when must be true or false.")
		if diags.HasErrors() {
			return diags
		}
		in.res.Off = b.mod.off || v != cty.NilVal && v.False()
	}
	if diags := in.evaluateMarks(ctx); diags.HasErrors() || b.onFailure == nil {
		return diags
	}
	const oneOf = "on_failure must be \"skip\", \"continue\", \"stop\" or \"rollback\"."
	v, diags := in.evaluateMeta(b.onFailure, ctx, cty.String, oneOf)
	if diags.HasErrors() || v == cty.NilVal {
		return diags
	}
	switch f := resource.OnFailure(v.AsString()); f {
	case resource.FailSkip, resource.FailContinue, resource.FailStop, resource.FailRollback:
		in.res.OnFailure = f
		return nil
	}
	of := &resource.Attr{Name: "on_failure", OneOf: []string{"skip", "continue", "stop", "rollback"}}
	return hcl.Diagnostics{diag.Failure("Invalid value", oneOf+suggestValue(of, v.AsString()), b.onFailure.Range().Ptr())}
}

// evaluateMarks evaluates protect and audit. Those of a module apply to all of its resources.
func (in *instance) evaluateMarks(ctx *hcl.EvalContext) hcl.Diagnostics {
	b := in.block
	for _, m := range []struct {
		name string
		expr hcl.Expression
		to   *bool
	}{{"protect", b.protect, &in.res.Protect}, {"audit", b.audit, &in.res.Audit}} {
		if m.expr == nil {
			continue
		}
		v, diags := in.evaluateMeta(m.expr, ctx, cty.Bool, m.name+" must be true or false.")
		if diags.HasErrors() {
			return diags
		}
		*m.to = *m.to || v.True()
	}
	return nil
}

// evaluateMeta evaluates one of the attributes that every kind has.
func (in *instance) evaluateMeta(expr hcl.Expression, ctx *hcl.EvalContext, ty cty.Type, must string) (cty.Value, hcl.Diagnostics) {
	b := in.block
	v, diags := b.mod.eval.Value(expr, ctx)
	if !diags.HasErrors() {
		diags = append(diags, readingOf(b, ctx).refuseLackedUses(expr)...)
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	if v, ok := plainValue(v, ty); ok {
		return v, nil
	}
	if in.block.mod.l.isUnread(v) {
		return cty.NilVal, nil
	}
	name, _, _ := strings.Cut(must, " ")
	if v.IsNull() {
		if d := b.mod.nullError("Invalid value", strings.TrimSuffix(must, "."), expr, ctx, func(string) string { return "" }); d != nil {
			return cty.NilVal, hcl.Diagnostics{d}
		}
	}
	if here := describeComputed(b.mod.l.files, name, ty, v, expr); here != "" && ty == cty.Bool {
		must = name + " " + here + "."
	} else {
		must += explainMisused(b, nil, v, expr)
	}
	return cty.NilVal, hcl.Diagnostics{diag.Failure("Invalid value", must, expr.Range().Ptr())}
}

// plainValue returns v without marks, converted to that type; ok is false if v is null or cannot be converted.
func plainValue(v cty.Value, ty cty.Type) (_ cty.Value, ok bool) {
	v, _ = v.UnmarkDeep()
	v, err := convertTo(v, ty)
	return v, err == nil && !v.IsNull() && v.IsKnown()
}
