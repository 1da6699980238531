// Package eval evaluates the expressions of a manifest within bounds of time, memory, text and rounds of loops, and
// keeps sensitive values out of the libraries' error messages.
//
// Start with [Evaluator]: Bind prepares an expression once, Value evaluates it in a scope. [Met] collects the sensitive
// strings. The package does not know modules, resources or the targets of references.
package eval

import (
	"cmp"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/functions"
	"converge/internal/manifest/values"
)

// Evaluator evaluates the expressions of one manifest and counts the resources that they use.
type Evaluator struct {
	opts    Options
	met     *Met
	place   cty.Type // *hcl.Range, of a loop; a capsule type is an identity
	watch   watch
	content atomic.Int64 // bytes of text that were made
	looping sync.Map     // bound expressions with loops, and whether they are [isSingle]
}

// Options configure an evaluator.
type Options struct {
	MaxTime time.Duration            // processor time for one expression; 0: maxTime
	Stopped func() error             // not nil: the result is no longer wanted
	Source  func(r hcl.Range) string // the text of a range, "" if it is not known
	// Refine improves the diagnostic about the error of a function; nil: it stays as it is. secret: the error may quote
	// a sensitive value.
	Refine func(d *hcl.Diagnostic, err error, secret bool)
	Cheap  map[string]functions.Cheap // functions with the same results as those of these names in every scope
}

// New returns an evaluator that adds sensitive strings to met.
func New(met *Met, o Options) *Evaluator {
	return &Evaluator{opts: o, met: met, place: cty.Capsule("place", reflect.TypeFor[hcl.Range]()), watch: watch{maxTime: cmp.Or(o.MaxTime, maxTime)}}
}

// Watch returns a channel that reports the first excess of memory or time, until over is closed. read returns how many
// bytes of manifest have been read so far.
func (e *Evaluator) Watch(over <-chan struct{}, read func() int64) <-chan *hcl.Diagnostic {
	return e.watch.guard(over, read)
}

// Begin attributes the time from now on to the expression or template at a place, until the caller calls end.
func (e *Evaluator) Begin(at *hcl.Range) (end func()) { return e.watch.begin(at).end }

// evaluated is an expression whose value is known.
type evaluated struct {
	hclsyntax.Expression
	val   cty.Value
	diags hcl.Diagnostics
}

func (e evaluated) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return e.val, e.diags }

// evalExpr is expr.Value. It converts large results of a conditional to their final type first, because HCL's conversion
// takes quadratic time: enabled ? { …10,000 elements… } : {}.
func (d direct) evalExpr(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return d.evalExpr(e.Expression, ctx)
	case *hclsyntax.ConditionalExpr:
		yes, yesDiags := d.evalExpr(e.TrueResult, ctx)
		no, noDiags := d.evalExpr(e.FalseResult, ctx)
		ready := *e
		if v, ok := d.valueOf(e.Condition, ctx); ok && v.IsKnown() && !v.IsNull() { // otherwise the error names it
			ready.Condition = evaluated{Expression: e.Condition, val: v}
		}
		ready.TrueResult = evaluated{e.TrueResult, alike(yes, no), yesDiags}
		ready.FalseResult = evaluated{e.FalseResult, alike(no, yes), noDiags}
		return ready.Value(ctx)
	}
	return d.value(expr, ctx)
}

// alike makes a large tuple a list, or a large object a map, if HCL would do the same to give both results of a
// conditional one type.
func alike(v, other cty.Value) cty.Value {
	ty, also := v.Type(), other.Type()
	var want cty.Type
	switch {
	case v.IsNull() || !v.IsKnown():
		return v
	case ty.IsTupleType() && (also.IsListType() || also.IsTupleType() && also.Length() != ty.Length()):
		want = cty.List(cty.DynamicPseudoType)
	case ty.IsObjectType() && (also.IsMapType() || also.IsObjectType() && !sameNames(ty, also)):
		want = cty.Map(cty.DynamicPseudoType)
	default:
		return v
	}
	if out, err := values.Reshape(v, want); err == nil {
		return out
	}
	return v
}

func sameNames(a, b cty.Type) bool {
	return maps.EqualFunc(a.AttributeTypes(), b.AttributeTypes(), func(cty.Type, cty.Type) bool { return true })
}
