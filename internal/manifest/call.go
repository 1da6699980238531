package manifest

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// call is a module block.
type call struct {
	name   string
	mod    *module // that contains the block
	rng    hcl.Range
	source string
	sha256 string // of the archive, where source is a URL
	srcAt  hcl.Range
	inputs []*hcl.Attribute

	// on holds the attributes that every block has. It is not a block of the manifest: the resources that it refers to
	// are the module's.
	on *block

	// pattern is the module as declared, until the number of its instances is known: with for_each, or when it depends
	// on an evaluation.
	pattern *module
	insts   []*module // in order of key
	byKey   map[string]*module
	state   callState
	dir     string
	docs    []source.Document
}

type callState int

const (
	callWaits callState = iota
	callExpanding
	callExpanded
)

// isReserved reports whether an argument of a module block is no input.
func isReserved(name string) bool {
	switch name {
	case "source", "sha256", "for_each", "when", "depends_on", "notifies", "on_failure", "protect", "audit":
		return true
	}
	return false
}

func (dec decoder) decodeCall(hb *hcl.Block) (*call, hcl.Diagnostics) {
	c := &call{name: hb.Labels[0], mod: dec.mod, rng: hb.DefRange, srcAt: hb.DefRange}
	c.on = &block{header: header{newKindInfo(&resource.Kind{Name: "module"}), dec.mod, c.name, c.rng}, unevaluated: &unevaluated{}}
	attrs, diags := hb.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		switch {
		case a.Name == "source":
			c.srcAt = a.Expr.Range()
			v, more := dec.evaluateConstant(a.Name, a.Expr, cty.String)
			if diags = append(diags, more...); !more.HasErrors() {
				c.source = v.AsString()
				dec.mod.l.met.AddPasswords(v)
			}
		case a.Name == "sha256":
			v, more := dec.evaluateConstant(a.Name, a.Expr, cty.String)
			if diags = append(diags, more...); !more.HasErrors() {
				c.sha256 = v.AsString()
			}
		case isReserved(a.Name):
			diags = append(diags, c.on.decodeAttr(syntax.Attribute{Name: a.Name, Expr: a.Expr, NameRange: &a.NameRange})...)
		default:
			a.Expr = dec.mod.eval.Bind(a.Expr)
			c.inputs = append(c.inputs, a)
		}
	}
	if attrs["source"] == nil {
		diags = append(diags, diag.Failure("Missing module source", fmt.Sprintf("The module %q needs a source: the folder that its manifests are in.%s", c.name, suggestSource(c.inputs)), &c.rng))
	}
	if !resource.IsIdent(c.name) {
		diags = append(diags, diag.Failure("Invalid module name", "A module's name is a part of addresses, between dots, so it is a word of letters, digits, _ and -.", &c.rng))
	}
	return c, diags
}

// listResources returns the resources of one instance, or of all instances if only is nil.
func (c *call) listResources(only *module) []*instance {
	var out []*instance
	for _, m := range c.insts {
		if only == nil || m == only {
			out = m.listInstances(out)
		}
	}
	return out
}

// suggestSource names the input that was probably meant to be the source of a module; "" if there is none.
func suggestSource(inputs []*hcl.Attribute) string {
	for _, a := range inputs {
		if slices.Contains([]string{"path", "src", "folder", "dir", "directory", "from", "url", "git", "uses"}, a.Name) || diag.Misspelt(a.Name, []string{"source"}) != "" {
			return fmt.Sprintf(" Write source in place of %s.", a.Name)
		}
	}
	return ""
}
