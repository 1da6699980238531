package manifest

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// edge is one element of depends_on, notifies or a v_on attribute. Most are plain references, which are resolved when
// parsed; others are evaluated after all resources.
type edge struct {
	attr string // "depends_on", "notifies", "restart_on"
	onV  string // of a v_on attribute: the verb
	rng  hcl.Range

	trav hcl.Traversal   // a plain reference to a resource or an action
	when resource.Timing // with trav
	expr hcl.Expression  // anything else
	refs []ref           // of expr
	to   *block          // of trav
	call *call           // of trav: all resources of a module
	inst *module         // with call: of that instance
	key  string          // of trav, with each
	each bool
	verb string // of trav: an action
}

// maxPlain is the size in bytes up to which an element is tried as a plain reference: in JSON the attempt parses any
// element.
const maxPlain = 4 << 10

// decodeEdges decodes the elements of a list; anything but a list is evaluated
// as a whole.
func (b *block) decodeEdges(a syntax.Attribute, verb string) hcl.Diagnostics {
	exprs, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		exprs = []hcl.Expression{a.Expr}
	}
	for _, x := range exprs {
		e := edge{attr: a.Name, onV: verb, rng: x.Range(), when: resource.Delayed}
		if r := e.rng; r.End.Byte-r.Start.Byte > maxPlain || !e.decodePlain(x, b.mod.l) {
			e.expr = b.mod.eval.Bind(x)
		}
		b.edges = append(b.edges, e)
	}
	return nil
}

// decodePlain takes a reference to a resource, or immediately() or before() of one.
func (e *edge) decodePlain(x hcl.Expression, l *loader) bool {
	if call, diags := hcl.ExprCall(x); !diags.HasErrors() {
		t := timingOf(call.Name)
		if t == "" || len(call.Arguments) != 1 || e.attr != "notifies" {
			return false
		}
		e.when, x = t, call.Arguments[0]
	}
	t, diags := hcl.AbsTraversalForExpr(x)
	if diags.HasErrors() || len(t) < 2 || len(t) > 4 || !l.kinds.has(t.RootName()) && !isModule(t) {
		return false
	}
	for i := range t {
		if _, ok := syntax.StepName(t[i]); !ok {
			return false
		}
	}
	e.trav = t
	return true
}

// isModule reports whether a reference is to a module or an instance of one,
// not to an output.
func isModule(t hcl.Traversal) bool {
	if t.RootName() != "module" || len(t) > 3 {
		return false
	}
	_, output := t[len(t)-1].(hcl.TraverseAttr)
	return len(t) == 2 || !output
}

func timingOf(function string) resource.Timing {
	switch function {
	case "immediately":
		return resource.Immediately
	case "before":
		return resource.Before
	}
	return ""
}

// resolveEdges resolves the references of the block's edges.
func (b *block) resolveEdges() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i := range b.edges {
		e := &b.edges[i]
		if e.expr != nil {
			var more hcl.Diagnostics
			e.refs, more = resolver{b.mod}.resolveAll(e.expr.Variables(), b)
			diags = append(diags, e.explainActions(b, e.expr.Variables(), more)...)
			continue
		}
		r, more := resolver{b.mod}.resolveOne(e.trav, b)
		if diags = append(diags, e.explainActions(b, []hcl.Traversal{e.trav}, more)...); more.HasErrors() {
			continue
		}
		e.to, e.verb = r.block, r.verb
		e.call, e.inst = r.call, r.inst
		e.key, e.each = r.key()
		if key, chosen := nameStep(e.trav, 2); r.call != nil && chosen && r.inst == nil && !b.mod.pattern {
			diags = append(diags, diag.Failure("Unknown instance", fmt.Sprintf("%s has no instance with the key %q.%s",
				r.call.on.addr(), key, diag.Suggest(key, sortedNames(r.call.byKey), "Its keys are")), &e.rng))
		}
		if r.call != nil && e.attr == "notifies" {
			diags = append(diags, diag.Failure("Not an action", b.describeWanted(e)+" "+syntax.TraversalText(e.trav)+" is a module.", &e.rng))
		}
		if r.block != nil && r.attr >= 0 {
			name := r.block.kind.Attrs[r.attr].Name
			diags = append(diags, diag.Failure("Not a resource", b.describeWanted(e)+" "+syntax.TraversalText(e.trav)+" is the attribute \""+name+"\".", &e.rng))
		}
		e.trav = nil
	}
	return diags
}

// describeWanted describes what an edge must be.
func (b *block) describeWanted(e *edge) string {
	if e.attr == "notifies" {
		return "notifies takes actions, such as service.nginx.restart."
	}
	return e.attr + " takes resources, such as package.nginx."
}
