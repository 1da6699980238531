package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// block is one resource block.
type block struct {
	kind  *kindInfo
	mod   *module
	label string
	rng   hcl.Range

	// The parts to evaluate. A constant block has none and is complete from the
	// start.
	attrs     []attrExpr // in the kind's order
	forEach   hcl.Expression
	when      hcl.Expression
	onFailure hcl.Expression
	edges     []edge
	node      *node // nil: complete

	insts []*instance // in order of key; exactly one, from the start, without for_each
	byKey map[string]*instance
	whole cty.Value // the block as a value, once asked for
	deps  []dep
}

// attrExpr is an attribute in a block, unevaluated.
type attrExpr struct {
	idx  int // into the kind's attributes
	rng  hcl.Range
	expr hcl.Expression // nil: val is its value
	val  cty.Value
}

// instance is one resource of a block.
type instance struct {
	block *block
	res   resource.Resource
	vals  []attrVal // what references see: the attributes that are set, in the kind's order
	each  *eachVals // nil without for_each
}

// attrVal is the value of an attribute: of its type, not null, marks kept.
type attrVal struct {
	idx int
	val cty.Value
}

// eachVals is what each.key and each.value are.
type eachVals struct {
	key string
	val cty.Value
}

// blockKey is what a reference calls a block by.
type blockKey struct{ kind, label string }

func (b *block) key() blockKey { return blockKey{b.kind.Name, b.label} }

func (b *block) addr() resource.Addr {
	return resource.Addr{Module: b.mod.path, Kind: b.kind.Name, Name: b.label, Each: false}
}

// resource returns the initial resource of the block. It takes over the
// attributes of its module.
func (b *block) resource(each *eachVals) resource.Resource {
	r := resource.Resource{Addr: b.addr(), Kind: b.kind.Kind, Range: b.rng, Off: b.mod.off, OnFailure: b.mod.onFailure}
	if each != nil {
		r.Addr.Key, r.Addr.Each = each.key, true
	}
	return r
}

// decodeBlock decodes a resource block from its syntax tree. It evaluates
// constants, so that they keep nothing of the tree.
func (m *module) decodeBlock(kind *kindInfo, hb *hcl.Block) (*block, hcl.Diagnostics) {
	b := &block{kind: kind, mod: m, label: values.SpellBytes(hb.Labels[0]), rng: hb.DefRange}
	attrs, diags := hb.Body.JustAttributes()
	if b.label == "" {
		diags = append(diags, diag.Failure("Empty name", fmt.Sprintf("A %s needs a name that is not empty.", kind.Name), hb.LabelRanges[0].Ptr()))
	}
	if strings.ContainsFunc(b.label, unicode.IsControl) {
		diags = append(diags, diag.Failure("Invalid name", "A name cannot hold control characters.", hb.LabelRanges[0].Ptr()))
	}
	b.attrs = make([]attrExpr, 0, len(attrs))
	for _, a := range inOrder(attrs) {
		diags = append(diags, b.decodeAttr(a)...)
	}
	slices.SortFunc(b.attrs, func(x, y attrExpr) int { return x.idx - y.idx })
	constant := b.forEach == nil && b.when == nil && b.onFailure == nil
	for i := range b.attrs {
		constant = constant && b.attrs[i].expr == nil
	}
	if b.forEach == nil {
		b.insts = []*instance{{block: b, res: b.resource(nil)}}
	}
	if !constant || diags.HasErrors() {
		b.node = &node{what: "resource", mod: m, home: m, rng: b.rng, block: b}
		return b, diags
	}
	vals := make([]attrVal, 0, len(b.attrs)+2)
	for i := range b.attrs {
		vals = append(vals, attrVal{b.attrs[i].idx, b.attrs[i].val})
	}
	diags = append(diags, b.insts[0].finish(vals)...)
	b.attrs = nil
	return b, diags
}

// inOrder sorts attributes by their place.
func inOrder(attrs hcl.Attributes) []*hcl.Attribute {
	out := make([]*hcl.Attribute, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hcl.Attribute) int { return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte) })
	return out
}

func (b *block) decodeAttr(a *hcl.Attribute) hcl.Diagnostics {
	switch a.Name {
	case "for_each":
		b.forEach = b.mod.eval.Bind(a.Expr)
		return nil
	case "when":
		b.when = b.mod.eval.Bind(a.Expr)
		return nil
	case "on_failure":
		b.onFailure = b.mod.eval.Bind(a.Expr)
		return nil
	case "depends_on", "notifies":
		return b.decodeEdges(a, "")
	}
	if verb, ok := b.kind.onVerb[a.Name]; ok {
		return b.decodeEdges(a, verb)
	}
	i, ok := b.kind.attr[a.Name]
	switch {
	case !ok:
		return hcl.Diagnostics{diag.Failure("Unknown attribute", fmt.Sprintf("A %s has no attribute %q.%s",
			b.kind.Name, a.Name, diag.Suggest(a.Name, b.kind.names, "What can stand here:")), &a.NameRange)}
	case b.kind.Attrs[i].Computed:
		return hcl.Diagnostics{diag.Failure("Computed attribute", fmt.Sprintf(
			"The attribute %q of a %s is what converge works out; a manifest cannot set it.", a.Name, b.kind.Name), &a.NameRange)}
	}
	e := attrExpr{idx: i, rng: a.Expr.Range()}
	val, plain := syntax.Literal(a.Expr)
	if !plain {
		e.expr = b.mod.eval.Bind(a.Expr)
		if len(e.expr.Variables()) > 0 {
			b.attrs = append(b.attrs, e)
			return nil
		}
		var diags hcl.Diagnostics
		if val, diags = b.mod.eval.Value(e.expr, b.mod.ctx); diags.HasErrors() {
			return diags
		}
	}
	val, set, diags := b.accept(i, val, e.rng)
	if set {
		e.expr, e.val = nil, val
		b.attrs = append(b.attrs, e)
	}
	return diags
}

// attrRange is where an attribute is set, or else the block's header.
func (b *block) attrRange(idx int) hcl.Range {
	for i := range b.attrs {
		if b.attrs[i].idx == idx {
			return b.attrs[i].rng
		}
	}
	return b.rng
}
