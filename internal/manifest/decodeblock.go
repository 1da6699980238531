package manifest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
)

// decodeBlock decodes a resource block from its syntax tree. It evaluates
// constants, so that they keep nothing of the tree.
func (dec decoder) decodeBlock(kind *kindInfo, hb *hcl.Block) (*block, hcl.Diagnostics) {
	b := &block{kind: kind, mod: dec.mod, label: values.SpellBytes(hb.Labels[0]), rng: hb.DefRange}
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
		b.insts = []*instance{{block: b, res: b.newResource(nil)}}
	}
	if !constant || diags.HasErrors() {
		b.node = &node{what: "resource", mod: dec.mod, home: dec.mod, rng: b.rng, block: b}
		return b, diags
	}
	vals := make([]attrVal, 0, len(b.attrs)+2)
	for i := range b.attrs {
		vals = append(vals, attrVal{b.attrs[i].idx, b.attrs[i].val})
	}
	diags = append(diags, b.insts[0].finishResource(vals)...)
	b.attrs = nil
	return b, diags
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
	val, set, diags := b.acceptValue(i, val, e.rng)
	if set {
		e.expr, e.val = nil, val
		b.attrs = append(b.attrs, e)
	}
	return diags
}
