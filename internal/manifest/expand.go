package manifest

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
)

// maxNeeds is how long a chain of references may be between a module's
// for_each or when and the values that they come from.
const maxNeeds = 10_000

// needed is one step of such a chain.
type needed struct {
	title string
	ref   *ref // what it refers to next
}

// expandModules makes the modules of all blocks whose for_each, when or on_failure
// determines the number of instances. That precedes all other evaluation, so it
// evaluates what these three refer to, as far as that is possible; it may be in
// resources and in outputs of other modules.
func (l *loader) expandModules() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i := 0; i < len(l.waiting) && !l.stopped(); i++ { // grows: modules call modules
		if diags = append(diags, l.waiting[i].makeModules()...); diags.HasErrors() {
			return diags
		}
	}
	return diags
}

func (c *call) makeModules() hcl.Diagnostics {
	m, l := c.mod, c.mod.l
	switch {
	case m.pattern || c.state == callExpanded:
		return nil
	case c.state == callExpanding:
		return hcl.Diagnostics{l.needCycle(c.on.addr().String())}
	}
	c.state = callExpanding
	defer func() { c.state = callExpanded }()
	var uses []hcl.Traversal
	for _, e := range c.on.listExpressions() {
		uses = append(uses, e.Variables()...)
	}
	l.chain = append(l.chain, needed{title: c.on.addr().String()})
	defer func() { l.chain = l.chain[:len(l.chain)-1] }()
	refs, diags := resolver{m}.resolveAll(uses, c.on)
	if diags.HasErrors() {
		return diags
	}
	if diags = append(diags, l.settleRefs(refs)...); diags.HasErrors() {
		return diags
	}
	ctx, ok := m.buildScope(refs)
	if !ok {
		return diags
	}
	eaches := []eachVals{{}}
	if c.on.forEach != nil {
		var more hcl.Diagnostics
		c.on.deps = depsOf(refs)
		eaches, more = c.on.listElements(ctx)
		if m.off && more.HasErrors() {
			eaches, more = nil, nil
		}
		diags = append(diags, more...)
		c.byKey = make(map[string]*module, len(eaches))
	}
	for i := range eaches {
		if diags.HasErrors() {
			return diags
		}
		each := &eaches[i]
		if c.on.forEach == nil {
			each = nil
		}
		diags = append(diags, c.makeModule(each, ctx)...)
	}
	return diags
}

// makeModule loads the module once more, for one key.
func (c *call) makeModule(each *eachVals, ctx *hcl.EvalContext) hcl.Diagnostics {
	says := &instance{block: c.on, each: each, res: c.on.newResource(each)}
	diags := says.evaluateCommon(each.extendScope(ctx))
	if diags.HasErrors() && !c.mod.off {
		return diags
	}
	child := c.mod.l.newModule(c.mod, c, each, c.dir)
	child.off, child.onFailure = says.res.Off, says.res.OnFailure
	c.insts = append(c.insts, child)
	if each != nil {
		c.byKey[each.key] = child
	}
	diags = c.mod.l.loadModule(child, c.docs)
	if diags.HasErrors() {
		return diags
	}
	return append(diags, c.bindInputs(child)...)
}

// settleRefs evaluates what references need, and before that what it needs itself.
func (l *loader) settleRefs(refs []ref) hcl.Diagnostics {
	for i := range refs {
		if n := refs[i].node; n != nil && !n.done {
			l.chain[len(l.chain)-1].ref = &refs[i]
			if diags := l.settleNode(n); diags.HasErrors() {
				return diags
			}
		}
	}
	return nil
}

func (l *loader) settleNode(n *node) hcl.Diagnostics {
	if n.pending {
		return hcl.Diagnostics{l.needCycle(n.nameForMessages())}
	}
	if len(l.chain) >= maxNeeds {
		return hcl.Diagnostics{diag.Failure("References too long", "What a module's for_each or when comes from is a chain of too many references.", &n.rng)}
	}
	n.pending = true
	l.chain = append(l.chain, needed{title: n.nameForMessages()})
	defer func() { n.pending, l.chain = false, l.chain[:len(l.chain)-1] }()
	diags := n.resolveRefs()
	if diags.HasErrors() {
		return diags
	}
	if diags = append(diags, l.settleRefs(n.refs)...); diags.HasErrors() {
		return diags
	}
	return append(diags, n.evaluateOnce()...)
}

// needCycle returns the error that the thing of that title is needed to evaluate
// itself.
func (l *loader) needCycle(title string) *hcl.Diagnostic {
	at := 0
	for i := range l.chain {
		if l.chain[i].title == title {
			at = i
		}
	}
	var b strings.Builder
	b.WriteString(circleText)
	var last hcl.Range
	for _, s := range l.chain[at:] {
		if s.ref != nil {
			last = s.ref.trav.SourceRange()
			fmt.Fprintf(&b, "\n  - %s refers to %s (%s)", s.title, syntax.TraversalText(s.ref.trav), diag.Place(last))
		}
	}
	return diag.Failure("Circular reference", b.String(), &last)
}
