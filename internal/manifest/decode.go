package manifest

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

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

// decode decodes every top-level block of a file, or of a chunk of it. It runs
// in parallel with others of the same module, so it only reads m's fields.
func (m *module) decode(body hcl.Body, schema *hcl.BodySchema, p *part) hcl.Diagnostics {
	content, diags := body.Content(schema)
	for _, d := range diags {
		m.explainBlock(d, schema)
	}
	for _, hb := range content.Blocks {
		if m.l.stopped() || len(diags) > maxWrong {
			return diags
		}
		diags = append(diags, m.decodeTop(hb, p)...)
	}
	return diags
}

// explainBlock adds the possible blocks to HCL's own message.
func (m *module) explainBlock(d *hcl.Diagnostic, schema *hcl.BodySchema) {
	if d.Summary != "Unsupported block type" || strings.Contains(d.Detail, "Did you mean") || d.Subject == nil {
		return
	}
	names := make([]string, 0, len(schema.Blocks))
	for _, b := range schema.Blocks {
		names = append(names, b.Type)
	}
	given, _, _ := strings.Cut(strings.Trim(m.l.files.TextAt(*d.Subject), `"`), " ")
	d.Detail += diag.Suggest(given, names, "What can stand here:")
}

func (m *module) decodeTop(hb *hcl.Block, p *part) hcl.Diagnostics {
	switch hb.Type {
	case "variable":
		n, diags := m.decodeVariable(hb)
		p.values = append(p.values, n)
		return diags
	case "locals":
		return m.decodeLocals(hb, p)
	case "output":
		return m.decodeOutput(hb, p)
	case "module":
		c, diags := m.decodeCall(hb)
		p.items = append(p.items, item{call: c})
		return diags
	case "settings":
		return m.decodeSettings(hb, p)
	}
	b, diags := m.decodeBlock(m.l.kinds[hb.Type], hb)
	p.items = append(p.items, item{block: b})
	return diags
}

func (m *module) decodeLocals(hb *hcl.Block, p *part) hcl.Diagnostics {
	attrs, diags := hb.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		n := &node{what: "local", name: a.Name, mod: m, home: m, rng: a.NameRange}
		diags = append(diags, n.set(a.Expr)...)
		p.values = append(p.values, n)
	}
	return diags
}

func (m *module) decodeOutput(hb *hcl.Block, p *part) hcl.Diagnostics {
	content, diags := hb.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "value", Required: true}, {Name: "description"}, {Name: "sensitive"},
	}})
	n := &node{what: "output", name: hb.Labels[0], mod: m, home: m, rng: hb.DefRange}
	p.values = append(p.values, n)
	n.sensitive, diags = m.constantBool(content.Attributes["sensitive"], diags)
	if a := content.Attributes["value"]; a != nil {
		diags = append(diags, n.set(a.Expr)...)
	}
	return diags
}

// constantBool is the value of an attribute that must be a constant, false if
// it is unset.
func (m *module) constantBool(a *hcl.Attribute, diags hcl.Diagnostics) (bool, hcl.Diagnostics) {
	if a == nil {
		return false, diags
	}
	v, more := m.constant(a.Expr, cty.Bool)
	return !more.HasErrors() && v.True(), append(diags, more...)
}

// constant evaluates an expression that may not refer to anything.
func (m *module) constant(expr hcl.Expression, ty cty.Type) (cty.Value, hcl.Diagnostics) {
	if len(expr.Variables()) > 0 {
		return cty.NilVal, hcl.Diagnostics{diag.Failure("Not a constant", "This value is needed before anything is evaluated, so it cannot refer to anything.", expr.Range().Ptr())}
	}
	v, diags := m.eval.Value(m.eval.Bind(expr), m.ctx)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, _ = v.UnmarkDeep()
	v, err := convertTo(v, ty)
	if err != nil || v.IsNull() {
		return cty.NilVal, hcl.Diagnostics{diag.Failure("Invalid value", "This must be "+typeName(ty)+".", expr.Range().Ptr())}
	}
	return v, nil
}

// merge adds what a chunk declares to the module.
func (m *module) merge(p *part) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range p.values {
		table := map[string]map[string]*node{"variable": m.variables, "local": m.locals, "output": m.outputs}[n.what]
		if old := table[n.name]; old != nil {
			diags = append(diags, duplicate(fmt.Sprintf("The %s %q", n.what, n.name), n.rng, old.rng))
			continue
		}
		table[n.name] = n
		m.nodes = append(m.nodes, n)
	}
	for _, it := range p.items {
		if it.call != nil {
			if old := m.calls[it.call.name]; old != nil {
				diags = append(diags, duplicate(fmt.Sprintf("The module %q", it.call.name), it.call.rng, old.rng))
				continue
			}
			m.calls[it.call.name] = it.call
		} else {
			if old := m.blocks[it.block.key()]; old != nil {
				diags = append(diags, duplicate(it.block.addr().String(), it.block.rng, old.rng))
				continue
			}
			m.add(it.block)
		}
		m.items = append(m.items, it)
	}
	if p.settings != nil {
		if m.settingsAt != nil {
			diags = append(diags, duplicate("The settings block", p.settings.rng, *m.settingsAt))
		}
		m.settings, m.settingsAt = p.settings.Settings, &p.settings.rng
	}
	return diags
}

func (m *module) add(b *block) {
	m.blocks[b.key()] = b
	m.labels[b.kind.Name] = append(m.labels[b.kind.Name], b)
	if b.node != nil {
		m.nodes = append(m.nodes, b.node)
	}
}

func duplicate(what string, at, old hcl.Range) *hcl.Diagnostic {
	return diag.Failure("Declared twice", fmt.Sprintf("%s is declared at %s already.", what, diag.Place(old)), &at)
}
