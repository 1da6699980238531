package manifest

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
)

// node is a thing that is evaluated once: a variable, a local, an output, or a resource block.
type node struct {
	what string // "variable", "local", "output", "resource", "group"
	name string
	mod  *module // whose names expr uses; for a module's input: the caller
	home *module // that declares it
	rng  hcl.Range

	expr hcl.Expression  // nil: val is the value, or block is set
	uses []hcl.Traversal // what expr refers to
	refs []ref           // the targets of uses

	val       cty.Value
	deps      []dep  // resources that val is made from
	lacked    string // the fact that could not be read, if val is null because of it; "": none
	done      bool
	sensitive bool
	variable  *variable
	block     *block       // what == "resource"
	kind      string       // what == "group": all blocks of that kind
	secret    *secretBlock // what == "secret"

	in      *block    // of a module's input: the module block
	each    *eachVals // of a module's input: of that instance
	pending bool      // see evaluateRefNode

	id int // in the graph of evaluation
}

// setExpr sets the expression of a local or an output, and evaluates a constant at once.
func (n *node) setExpr(expr hcl.Expression) hcl.Diagnostics {
	expr = n.mod.eval.Bind(expr)
	if n.uses = expr.Variables(); len(n.uses) > 0 {
		n.expr = expr
		return nil
	}
	val, diags := n.mod.eval.Value(expr, n.mod.ctx)
	n.val, n.done = val, !diags.HasErrors()
	if n.sensitive {
		n.val = n.val.Mark(values.Sensitive)
	}
	return diags
}

// ref is the target of one reference in an expression.
type ref struct {
	trav hcl.Traversal
	node *node  // to be evaluated first; nil: nothing
	use  refUse // the place of the value in a scope

	block *block // a resource
	attr  int    // its attribute, or one of the two below
	verb  string // with attrVerb

	call *call   // a module
	inst *module // its instance, if one is chosen
	of   *block  // each: of that block

	// paired: block[each.key], so that each instance refers to the one with the same key. Without this, two blocks of n
	// instances would have n² edges.
	paired bool
	fixed  *eachVals // paired, in the input of a module: that each.key
}

const (
	attrWhole = -1 // the resource as a whole
	attrVerb  = -2 // an action of it
)

// refUse is the part of a scope that a reference reads.
type refUse int

const (
	useNode     refUse = iota // node
	useEach                   // each
	usePath                   // path
	useNamed                  // var.X, local.X
	useOutput                 // module.X.Y
	useModule                 // module.X
	useResource               // KIND.X
	useGroup                  // KIND
)

// dep is a resource that a value or a resource depends on because of a reference.
type dep struct {
	depKey
	reason string
	rng    hcl.Range
}

// depKey identifies equal dependencies.
type depKey struct {
	block  *block
	call   *call  // paired, no block: the outputs of a module
	key    string // with hasKey: that instance only
	hasKey bool
	paired bool // that of the same key only
}

// addDeps adds the resources that a reference depends on. A reference to an action adds none: a resource that restarts a
// service comes before it.
func (r *ref) addDeps(out []dep, seen map[depKey]bool) []dep {
	add := func(k depKey, reason string) {
		if !seen[k] {
			seen[k] = true
			out = append(out, dep{k, reason, r.trav.SourceRange()})
		}
	}
	text := "refers to " + syntax.TraversalText(r.trav)
	switch {
	case r.use == useResource && r.attr != attrVerb:
		key, has := r.key()
		add(depKey{block: r.block, key: key, hasKey: has, paired: r.paired && !has}, text)
	case r.paired && r.call != nil && r.inst == nil:
		add(depKey{call: r.call, paired: true}, text)
	default:
		for _, d := range r.findSources() {
			add(d.depKey, text+" ("+strings.TrimPrefix(d.reason, "refers to ")+")")
		}
	}
	return out
}

// findInstances returns the instances of an unpaired dependency.
func (d *dep) findInstances() []*instance {
	if !d.hasKey {
		return d.block.insts
	}
	if to := d.block.byKey[d.key]; to != nil {
		return []*instance{to}
	}
	return nil
}

// findSources returns the resources that a referenced value is made from.
func (r *ref) findSources() []dep {
	switch {
	case r.node != nil:
		return r.node.deps
	case r.of != nil: // each, in the input of a module; other blocks depend on their for_each already
		return r.of.deps
	}
	return nil
}

// key returns the literal for_each key of a reference, if it has one.
func (r *ref) key() (string, bool) {
	if r.fixed != nil {
		return r.fixed.key, true
	}
	if r.block == nil || !r.block.isEach() || len(r.trav) < 3 {
		return "", false
	}
	return syntax.StepName(r.trav[2])
}

// isEach reports whether the block makes resources with keys.
func (b *block) isEach() bool { return b.forEach != nil || b.byKey != nil || b.kind.Expand != nil }

// depsOf returns the dependencies that the references make.
func depsOf(refs []ref) []dep {
	var out []dep
	seen := map[depKey]bool{}
	for i := range refs {
		out = refs[i].addDeps(out, seen)
	}
	return out
}
