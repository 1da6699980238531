package manifest

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// maxWrong is how many problems of a file are looked for: a file that has more
// is no manifest, and all of them are the same.
const maxWrong = 500

// settingsBlock is the settings block.
type settingsBlock struct {
	Settings
	rng hcl.Range
}

// decodeBody decodes every top-level block of a file, or of a chunk of it. It runs
// in parallel with others of the same module, so it only reads m's fields.
func (dec decoder) decodeBody(body hcl.Body, schema *hcl.BodySchema, p *part) hcl.Diagnostics {
	content, diags := body.Content(schema)
	for _, d := range diags {
		dec.explainBlock(d, schema)
	}
	for _, hb := range content.Blocks {
		if dec.mod.l.stopped() || len(diags) > maxWrong {
			return diags
		}
		diags = append(diags, dec.decodeTop(hb, p)...)
	}
	return diags
}

// explainBlock adds the possible blocks to HCL's own message.
func (dec decoder) explainBlock(d *hcl.Diagnostic, schema *hcl.BodySchema) {
	if d.Summary != "Unsupported block type" || strings.Contains(d.Detail, "Did you mean") || d.Subject == nil {
		return
	}
	names := make([]string, 0, len(schema.Blocks))
	for _, b := range schema.Blocks {
		names = append(names, b.Type)
	}
	given, _, _ := strings.Cut(strings.Trim(dec.mod.l.files.TextAt(*d.Subject), `"`), " ")
	d.Detail += diag.Suggest(given, names, "What can stand here:")
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
	case "module":
		c, diags := dec.decodeCall(hb)
		p.items = append(p.items, item{call: c})
		return diags
	case "settings":
		return dec.decodeSettings(hb, p)
	}
	b, diags := dec.decodeBlock(dec.mod.l.kinds[hb.Type], hb)
	p.items = append(p.items, item{block: b})
	return diags
}

func (dec decoder) decodeLocals(hb *hcl.Block, p *part) hcl.Diagnostics {
	attrs, diags := hb.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		n := &node{what: "local", name: a.Name, mod: dec.mod, home: dec.mod, rng: a.NameRange}
		diags = append(diags, n.setExpr(a.Expr)...)
		p.values = append(p.values, n)
	}
	return diags
}

func (dec decoder) decodeOutput(hb *hcl.Block, p *part) hcl.Diagnostics {
	content, diags := hb.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "value", Required: true}, {Name: "description"}, {Name: "sensitive"},
	}})
	n := &node{what: "output", name: hb.Labels[0], mod: dec.mod, home: dec.mod, rng: hb.DefRange}
	p.values = append(p.values, n)
	n.sensitive, diags = dec.evaluateBool(content.Attributes["sensitive"], diags)
	if a := content.Attributes["value"]; a != nil {
		diags = append(diags, n.setExpr(a.Expr)...)
	}
	return diags
}
