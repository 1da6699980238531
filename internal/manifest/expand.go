package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
)

// maxNeeds is how long a chain of references may be between a module's
// for_each or when and the values that they come from.
const maxNeeds = 10_000

// needed is one step of such a chain.
type needed struct {
	title string
	ref   *ref // what it refers to next
}

// expandModules makes the modules of all blocks whose for_each, when, on_failure, protect or audit must be evaluated.
// The number of modules must be known before anything else is evaluated, so it evaluates what these attributes refer to
// as far as possible, also in resources and outputs of other modules.
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
	if diags = append(diags, l.evaluateRefs(refs)...); diags.HasErrors() {
		return diags
	}
	ctx, ok := m.buildScope(refs)
	if !ok {
		return diags
	}
	c.on.early = refs
	if c.on.forEach == nil {
		return append(diags, c.makeModule(nil, ctx)...)
	}
	c.on.deps = depsOf(refs)
	eaches, more := c.on.listElements(ctx)
	diags = append(diags, more...)
	c.byKey = make(map[string]*module, len(eaches))
	for i := range eaches {
		if diags.HasErrors() {
			return diags
		}
		diags = append(diags, c.makeModule(&eaches[i], ctx)...)
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
	child.off, child.onFailure, child.protect, child.audit = says.res.Off, says.res.OnFailure, says.res.Protect, says.res.Audit
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

// evaluateRefs evaluates the nodes that references need, after the nodes that these need.
func (l *loader) evaluateRefs(refs []ref) hcl.Diagnostics {
	for i := range refs {
		if n := refs[i].node; n != nil && !n.done {
			l.chain[len(l.chain)-1].ref = &refs[i]
			if diags := l.evaluateRefNode(n); diags.HasErrors() {
				return diags
			}
		}
	}
	return nil
}

func (l *loader) evaluateRefNode(n *node) hcl.Diagnostics {
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
	if diags = append(diags, l.evaluateRefs(n.refs)...); diags.HasErrors() {
		return diags
	}
	return append(diags, n.evaluateOnce()...)
}

// needCycle returns the error that evaluating the thing with this title requires its own value.
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
			b.WriteString(s.ref.describeStep(s.title))
		}
	}
	return diag.Failure("Circular reference", b.String(), &last)
}

// listElements evaluates for_each: the keys of a map or an object, or the strings of a set, list or tuple; in order of
// key. A disabled module whose for_each cannot be evaluated has no elements.
func (b *block) listElements(ctx *hcl.EvalContext) ([]eachVals, hcl.Diagnostics) {
	out, diags := b.evaluateForEach(ctx)
	if b.mod.off && diags.HasErrors() {
		return nil, nil
	}
	slices.SortFunc(out, func(a, b eachVals) int { return cmp.Compare(a.key, b.key) })
	return out, diags
}

func (b *block) evaluateForEach(ctx *hcl.EvalContext) ([]eachVals, hcl.Diagnostics) {
	at := b.forEach.Range()
	bad := func(detail string) ([]eachVals, hcl.Diagnostics) {
		return nil, hcl.Diagnostics{diag.Failure("Invalid for_each", detail, &at)}
	}
	v, diags := b.mod.eval.Value(b.forEach, ctx)
	if !diags.HasErrors() {
		diags = append(diags, readingOf(b, ctx).refuseLackedUses(b.forEach)...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	if v.IsMarked() {
		return bad("The keys are sensitive, and would surface in the addresses of the resources. Values may be sensitive; " +
			"if the keys are none, say so: { for k in nonsensitive(keys(var.x)) : k => var.x[k] }.")
	}
	ty := v.Type()
	var elements []cty.Value // of a list; taken once, for those of a set are sorted each time
	if isList(ty) && v.IsKnown() && !v.IsNull() {
		elements = v.AsValueSlice()
	}
	switch {
	case b.mod.l.isUnread(v):
		return nil, nil // the elements are not known
	case v.IsNull():
		if d := b.mod.nullError("Invalid for_each", "for_each must not be null", b.forEach, ctx, suggestEmpty); d != nil {
			return nil, hcl.Diagnostics{d}
		}
		return bad("for_each must not be null; an empty map or list makes no resources.")
	case !v.IsKnown():
		return bad("for_each has no definite value.")
	case ty.IsMapType() || ty.IsObjectType():
		return listPairs(v), nil
	case (ty.IsListType() || ty.IsSetType()) && v.LengthInt() == 0:
		return nil, nil // whatever the type of its elements
	case isList(ty) && slices.ContainsFunc(elements, func(e cty.Value) bool { return e.IsNull() }):
		if d := b.mod.nullError("Invalid for_each", "for_each must not hold null", b.forEach, ctx, func(string) string {
			return fmt.Sprintf(" Without it: for_each = [for x in %s : x if x != null].", listText(b))
		}); d != nil {
			return nil, hcl.Diagnostics{d}
		}
		fallthrough
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		if !ty.IsTupleType() && ty.ElementType() != cty.String || ty.IsTupleType() && slices.ContainsFunc(ty.TupleElementTypes(), func(e cty.Type) bool { return e != cty.String }) {
			return bad("A list for for_each holds strings only; a map can have values of any type." + suggestMap(b, v))
		}
		return listTexts(elements, bad)
	}
	return bad("for_each must be a map, or a list or set of strings, not " + typeName(ty) + ".")
}

func listPairs(v cty.Value) []eachVals {
	out := make([]eachVals, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		out = append(out, eachVals{key: values.SpellBytes(k.AsString()), val: e})
	}
	return out
}

// suggestMap returns the expression that turns a list of objects into a map for for_each, by an attribute that all objects have.
func suggestMap(b *block, v cty.Value) string {
	list := listText(b)
	plain, _ := v.UnmarkDeep()
	elems := plain.AsValueSlice()
	if len(elems) == 0 || !elems[0].Type().IsObjectType() {
		return fmt.Sprintf(" Of numbers: for_each = [for n in %s : tostring(n)].", list)
	}
	lacks := func(name string) bool {
		return slices.ContainsFunc(elems, func(e cty.Value) bool { return !e.Type().IsObjectType() || !e.Type().HasAttribute(name) })
	}
	for _, name := range []string{"name", "id", "key", "path", "host", "user"} {
		if !lacks(name) {
			return fmt.Sprintf(" Here: for_each = { for x in %s : x.%s => x }.", list, name)
		}
	}
	return fmt.Sprintf(" Here: for_each = { for x in %s : x.NAME => x }, where NAME is an attribute that differs in each.", list)
}

// suggestEmpty returns a for_each for a value that may be null.
func suggestEmpty(name string) string {
	if name == "null" {
		return " An empty map or list makes no resources: []."
	}
	return fmt.Sprintf(" An empty map or list makes no resources: %s == null ? [] : %s.", name, name)
}

// listText returns the text of the list that for_each is made of.
func listText(b *block) string {
	list := b.mod.l.files.TextAt(b.forEach.Range())
	if inner, ok := strings.CutPrefix(list, "toset("); ok {
		list = strings.TrimSuffix(inner, ")")
	}
	if len(list) > 40 || strings.Contains(list, "\n") {
		list = "[…]"
	}
	return list
}

func listTexts(elements []cty.Value, bad func(string) ([]eachVals, hcl.Diagnostics)) ([]eachVals, hcl.Diagnostics) {
	out := make([]eachVals, 0, len(elements))
	seen := make(map[string]bool, len(elements))
	for _, e := range elements {
		switch {
		case e.IsMarked():
			return bad("An element is sensitive, and would surface in the address of its resource.")
		case e.IsNull() || !e.IsKnown() || e.Type() != cty.String:
			return bad("A list for for_each holds strings only; a map can have values of any type.")
		case seen[e.AsString()]:
			return bad(fmt.Sprintf("%q is in the list more than once; each resource needs a key of its own.", e.AsString()))
		}
		seen[e.AsString()] = true
		out = append(out, eachVals{key: values.SpellBytes(e.AsString()), val: e})
	}
	return out, nil
}
