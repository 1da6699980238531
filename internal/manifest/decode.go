package manifest

import (
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

// maxWrong is how many problems of a file are looked for: a file with more is not a manifest, and its problems are all the
// same.
const maxWrong = 500

// settingsBlock is the settings block.
type settingsBlock struct {
	Settings
	rng  hcl.Range
	data hcl.Expression // names of files that set variables; nil: none
}

// decodeBody decodes every top-level block of a file, or of a chunk of it. It runs in parallel with others of the same
// module, so it must not write to m.
func (dec decoder) decodeBody(body hcl.Body, schema *syntax.Schema, p *part) hcl.Diagnostics {
	blocks, diags := schema.ListBlocks(body)
	for _, d := range diags {
		dec.explainBlock(d, schema)
	}
	diags = dec.explainValues(diags, len(blocks) > 0)
	for _, hb := range blocks {
		if dec.mod.l.stopped() || len(diags) > maxWrong {
			return diags
		}
		if more := dec.decodeTop(hb, p); len(more) > 0 {
			diags = append(diags, diag.In(more, dec.nameOf(hb))...)
		}
	}
	return diags
}

// explainValues merges the errors about attributes at the top of a file: these are mostly values of variables, or
// attributes of a block above that closes too early.
func (dec decoder) explainValues(diags hcl.Diagnostics, below bool) hcl.Diagnostics {
	var first *hcl.Diagnostic
	isValue := func(d *hcl.Diagnostic) bool { return d.Summary == "Unsupported argument" && d.Subject != nil }
	for _, d := range diags { // in no order
		if isValue(d) && (first == nil || d.Subject.Start.Byte < first.Subject.Start.Byte) {
			first = d
		}
	}
	if first == nil {
		return diags
	}
	name, early := dec.mod.l.files.TextAt(*first.Subject), ""
	if below && dec.mod.l.isAttribute(name) {
		early = fmt.Sprintf(" If %s belongs to the block above, a brace closes that block too early.", name)
	}
	first.Detail = fmt.Sprintf("At its top a manifest has blocks alone.%s Values of variables are in a file that --var-file or settings { data = [...] } names; if that is what %s is, name it so.",
		early, first.Subject.Filename)
	if name == "apiVersion" || name == "kind" { // of Kubernetes
		first.Detail = `The kind begins a block, and its name follows: file "/etc/motd" { content = "…" }. A manifest has no version and no metadata.`
	}
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return isValue(d) && d != first })
}

// explainBlock adds the possible blocks to HCL's own message.
func (dec decoder) explainBlock(d *hcl.Diagnostic, schema *syntax.Schema) {
	dec.explainLabel(d)
	if d.Summary != "Unsupported block type" || d.Subject == nil {
		return
	}
	names := make([]string, 0, len(schema.Blocks))
	for _, b := range schema.Blocks {
		names = append(names, b.Type)
	}
	given, _, _ := strings.Cut(strings.Trim(dec.mod.l.files.TextAt(*d.Subject), `"`), " ")
	if here, ok := dec.explainTerraform(given, labelsAfter(dec.mod.l.files.RestOfLine(*d.Subject))); ok {
		d.Detail = fmt.Sprintf("There is no block %q. %s", given, here)
		return
	}
	if here := explainOtherBlock(given); here != "" {
		d.Detail = fmt.Sprintf("There is no block %q. %s", given, here)
		return
	}
	d.Detail = fmt.Sprintf("There is no block %q.", given)
	for word := range strings.FieldsFuncSeq(given, func(r rune) bool { return r == '_' || r == '-' || r == ':' }) {
		if word = strings.ToLower(word); word != given && dec.mod.l.kinds.has(word) {
			d.Detail += fmt.Sprintf(" Here that is %s.", word)
			return
		}
	}
	d.Detail += diag.Suggest(given, names, "What can stand here:")
}

// nameOf returns the name of a block in references and addresses; its type if it has no name.
func (dec decoder) nameOf(hb *hcl.Block) string {
	if len(hb.Labels) == 0 {
		return hb.Type
	}
	switch name := hb.Labels[0]; hb.Type {
	case "variable":
		return "var." + name
	case "output", "secret":
		return hb.Type + "." + name
	default:
		return resource.Addr{Module: dec.mod.path, Kind: hb.Type, Name: values.SpellBytes(name)}.String()
	}
}

// explainLabel states how many names a block takes.
func (dec decoder) explainLabel(d *hcl.Diagnostic) {
	if kind, ok := strings.CutPrefix(d.Summary, "Missing name for "); ok {
		d.Summary, d.Detail = "Missing name", fmt.Sprintf("%s has a name, in quotes: %s \"NAME\" { … }.", diag.Capital(resource.WithArticle(kind)), kind)
	}
	if kind, ok := strings.CutPrefix(d.Summary, "Extraneous label for "); ok {
		d.Summary, d.Detail = "More than one name", fmt.Sprintf("%s has one name: %s \"NAME\" { … }.", diag.Capital(resource.WithArticle(kind)), kind)
		if !strings.HasPrefix(dec.mod.l.files.TextAt(*d.Subject), "\"") {
			d.Detail += " What is in quotes is the name alone; attributes stand between the braces."
		}
		if strings.Contains("locals settings forget", kind) {
			d.Summary, d.Detail = "No name here", fmt.Sprintf("A block of %s has no name: %s { … }.", kind, kind)
		}
	}
}

func (dec decoder) decodeTop(hb *hcl.Block, p *part) hcl.Diagnostics {
	switch hb.Type {
	case "variable":
		n, diags := dec.decodeVariable(hb)
		p.values = append(p.values, n)
		return diags
	case "locals":
		return dec.decodeLocals(hb, p)
	case "output":
		return dec.decodeOutput(hb, p)
	case "secret":
		return dec.decodeSecret(hb, p)
	case "module":
		c, diags := dec.decodeCall(hb)
		p.items = append(p.items, item{call: c})
		return diags
	case "settings":
		return dec.decodeSettings(hb, p)
	case "forget":
		return dec.decodeForget(hb, p)
	}
	b, diags := dec.decodeBlock(dec.mod.l.kinds.find(hb.Type), hb)
	p.items = append(p.items, item{block: b})
	return diags
}

func (dec decoder) decodeLocals(hb *hcl.Block, p *part) hcl.Diagnostics {
	attrs, diags := hb.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		n := &node{what: "local", name: a.Name, mod: dec.mod, home: dec.mod, rng: a.NameRange}
		diags = append(diags, diag.In(n.setExpr(a.Expr), n.nameForMessages())...)
		p.values = append(p.values, n)
	}
	return diags
}

func (dec decoder) decodeOutput(hb *hcl.Block, p *part) hcl.Diagnostics {
	content, diags := dec.readContent(hb.Body, hb.Type, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "value", Required: true}, {Name: "description"}, {Name: "sensitive"},
	}})
	n := &node{what: "output", name: hb.Labels[0], mod: dec.mod, home: dec.mod, rng: hb.DefRange}
	p.values = append(p.values, n)
	diags = append(diags, dec.evaluateBool(content.Attributes["sensitive"], &n.sensitive)...)
	if a := content.Attributes["value"]; a != nil {
		diags = append(diags, n.setExpr(a.Expr)...)
	}
	return diags
}

// decodeBlock decodes a resource block from its syntax tree. It evaluates constants here, so that they keep nothing of
// the tree in memory.
func (dec decoder) decodeBlock(kind *kindInfo, hb *hcl.Block) (*block, hcl.Diagnostics) {
	b := &block{header: header{kind, dec.mod, values.SpellBytes(hb.Labels[0]), hb.DefRange}, unevaluated: dec.room}
	*dec.room = unevaluated{attrs: dec.room.attrs[:0]}
	attrs, diags := syntax.ListAttributes(hb)
	kind.explainNested(diags, dec.mod.l.files)
	diags = append(diags, b.checkLabel(hb.LabelRanges[0])...)
	for i := range attrs {
		diags = append(diags, b.decodeAttr(attrs[i])...)
	}
	diags = mergeForeign(diags)
	slices.SortFunc(b.attrs, func(x, y attrExpr) int { return x.idx - y.idx })
	if b.forEach == nil && kind.Expand == nil {
		b.insts = []*instance{{block: b, res: b.newResource(nil)}}
	}
	isConstant := !b.hasCommon() && !slices.ContainsFunc(b.attrs, func(a attrExpr) bool { return a.expr != nil })
	if !isConstant || diags.HasErrors() {
		b.unevaluated = dec.room.clone()
		b.node = &node{what: "resource", mod: dec.mod, home: dec.mod, rng: b.rng, block: b}
		return b, diags
	}
	diags = append(diags, b.insts[0].finishResource(dec.room.constants())...)
	if b.unevaluated = dec.mod.l.complete; len(dec.room.edges) > 0 {
		b.unevaluated = &unevaluated{edges: dec.room.edges}
	}
	return b, diags
}

// checkLabel refuses labels that are not names.
func (h *header) checkLabel(at hcl.Range) (diags hcl.Diagnostics) {
	if h.label == "" {
		diags = append(diags, diag.Failure("Empty name", fmt.Sprintf("%s needs a name that is not empty.", diag.Capital(resource.WithArticle(h.kind.Name))), &at))
	}
	if strings.ContainsFunc(h.label, unicode.IsControl) {
		diags = append(diags, diag.Failure("Invalid name", "A name cannot hold control characters.", &at))
	}
	if isSequence(h.label) && h.kind.label >= 0 {
		diags = append(diags, describeUnrendered(h.mod.l.files, &h.kind.Attrs[h.kind.label], h.labelRange())...)
	}
	return diags
}

func (b *block) decodeAttr(a syntax.Attribute) hcl.Diagnostics {
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
	case "protect":
		b.protect = b.mod.eval.Bind(a.Expr)
		return nil
	case "audit":
		b.audit = b.mod.eval.Bind(a.Expr)
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
		here := b.kind.suggestAttr(a.Name)
		if when := conditionOfOther(b.mod.l.files, a.Name, a.Expr, b.kind.attr["unless"] > 0); when != "" {
			here = when
		}
		if target := b.mod.l.explainTarget(a.Name, b.mod.l.files.TextAt(a.Expr.Range())); target != "" {
			here = " " + target
		}
		b.unknown = append(b.unknown, a.Expr)
		return hcl.Diagnostics{diag.Failure("Unknown attribute", fmt.Sprintf("%s has no attribute %q.%s",
			diag.Capital(resource.WithArticle(b.kind.Name)), a.Name, here), a.NameRange)}
	case b.kind.Attrs[i].Computed:
		return hcl.Diagnostics{diag.Failure("Computed attribute", fmt.Sprintf(
			"The attribute %q of %s is what converge works out; a manifest cannot set it.", a.Name, resource.WithArticle(b.kind.Name)), a.NameRange)}
	}
	e := attrExpr{idx: i, rng: a.Expr.Range()}
	warnings := append(warnUnrendered(b.mod.l.files, &b.kind.Attrs[i], a.Expr), warnShellWords(b.mod.l.files, &b.kind.Attrs[i], a.Expr)...)
	val, plain := syntax.Literal(a.Expr)
	if !plain {
		e.expr = b.mod.eval.Bind(a.Expr)
		if len(e.expr.Variables()) > 0 {
			b.attrs = append(b.attrs, e)
			return warnings
		}
		var diags hcl.Diagnostics
		if val, diags = b.mod.eval.Value(e.expr, b.mod.ctx); diags.HasErrors() {
			return diags
		}
	}
	val, diags := b.acceptValue(i, val, a.Expr, e.rng, b.mod.ctx)
	diags = append(diags, warnings...)
	if val != cty.NilVal {
		e.expr, e.val = nil, val
		b.attrs = append(b.attrs, e)
	} else if !diags.HasErrors() {
		b.nulls = append(b.nulls, nullAttr{i, a.Expr, b.mod.ctx})
	}
	return diags
}
