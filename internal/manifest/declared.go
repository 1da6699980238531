package manifest

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// declared is what the manifests of a module declare.
type declared struct {
	items     []item // in manifest order
	variables map[string]*node
	locals    map[string]*node
	outputs   map[string]*node
	secrets   map[string]*node
	blocks    map[blockKey]*block
	labels    map[string][]*block // blocks by kind, in manifest order
	calls     map[string]*call
	nodes     []*node // variables, locals, outputs and blocks, in manifest order

	settings   Settings
	settingsAt *hcl.Range
	dataExpr   hcl.Expression // of the settings, nil: none
	forget     []Forgotten
}

func newDeclared() declared {
	return declared{
		variables: map[string]*node{}, locals: map[string]*node{}, outputs: map[string]*node{}, secrets: map[string]*node{},
		blocks: map[blockKey]*block{}, labels: map[string][]*block{}, calls: map[string]*call{},
	}
}

// addPart adds what a chunk declares to the module.
func (d *declared) addPart(p *part) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range p.values {
		table := map[string]map[string]*node{"variable": d.variables, "local": d.locals, "output": d.outputs, "secret": d.secrets}[n.what]
		if old := table[n.name]; old != nil {
			diags = append(diags, describeDuplicate(fmt.Sprintf("The %s %q", n.what, n.name), "", n.rng, old.rng))
			continue
		}
		table[n.name] = n
		d.nodes = append(d.nodes, n)
	}
	for _, it := range p.items {
		if it.call != nil {
			if old := d.calls[it.call.name]; old != nil {
				diags = append(diags, describeDuplicate(fmt.Sprintf("The module %q", it.call.name), "", it.call.rng, old.rng))
				continue
			}
			d.calls[it.call.name] = it.call
		} else {
			if old := d.blocks[it.block.key()]; old != nil {
				diags = append(diags, describeDuplicate(it.block.addr().String(), " One block says all of one thing; a block for another thing has a name of its own.", it.block.rng, old.rng))
				continue
			}
			d.addBlock(it.block)
		}
		d.items = append(d.items, it)
	}
	d.forget = append(d.forget, p.forget...)
	if p.settings != nil {
		if d.settingsAt != nil {
			diags = append(diags, describeDuplicate("The settings block", " Put what both set in one.", p.settings.rng, *d.settingsAt))
		}
		d.settings, d.settingsAt, d.dataExpr = p.settings.Settings, &p.settings.rng, p.settings.data
	}
	return diags
}

func (d *declared) addBlock(b *block) {
	d.blocks[b.key()] = b
	d.labels[b.kind.Name] = append(d.labels[b.kind.Name], b)
	if b.node != nil {
		d.nodes = append(d.nodes, b.node)
	}
}

func describeDuplicate(what, hint string, at, old hcl.Range) *hcl.Diagnostic {
	return diag.Failure(declaredTwice, fmt.Sprintf("%s is declared at %s already.%s", what, diag.Place(old), hint), &at)
}

// listResources returns the module's resources in manifest order.
func (d *declared) listResources() []*resource.Resource {
	insts := d.listInstances(nil)
	out := make([]*resource.Resource, len(insts))
	for i, in := range insts {
		out[i] = in.res
	}
	return out
}

// listInstances adds all instances of the module's blocks, in manifest order.
func (d *declared) listInstances(out []*instance) []*instance {
	for _, it := range d.items {
		if it.call == nil {
			out = append(out, it.block.insts...)
			continue
		}
		for _, child := range it.call.insts {
			out = child.listInstances(out)
		}
	}
	return out
}

func (d *declared) listBlocks() []*block {
	var out []*block
	for _, it := range d.items {
		if it.block != nil {
			out = append(out, it.block)
		}
	}
	return out
}

func (d *declared) collectOutputs() cty.Value {
	out := make(map[string]cty.Value, len(d.outputs))
	for name, n := range d.outputs {
		out[name] = n.val
	}
	return cty.ObjectVal(out)
}

// declaredTwice is the summary of the error about a second declaration; the first one is used.
const declaredTwice = "Declared twice"

// leaveNames reports whether all errors are about attributes of blocks. Such errors do not affect which names are
// declared, so a reference to an unknown name is a separate mistake.
func leaveNames(diags hcl.Diagnostics) bool {
	for _, d := range diags {
		isOfAttribute := slices.Contains([]string{"Unknown attribute", "Unknown action", "Computed attribute", "Invalid value", "Missing attribute", "Variable without a value", declaredTwice}, d.Summary)
		if d.Severity == hcl.DiagError && !isOfAttribute {
			return false
		}
	}
	return true
}

// findUnknownNames returns the errors about references to unknown names when other errors prevent the evaluation of the
// site.
func findUnknownNames(l *loader) hcl.Diagnostics {
	if l.expandModules().HasErrors() {
		return nil // the errors may be consequences
	}
	return slices.DeleteFunc(l.resolveSite(), func(d *hcl.Diagnostic) bool {
		return d.Summary == "Unknown name" && d.Subject != nil && isOfUnknown(l, *d.Subject)
	})
}

// isOfUnknown reports whether a place is in the value of an unknown attribute, which is mostly a word of another tool.
func isOfUnknown(l *loader, at hcl.Range) bool {
	for _, m := range l.mods {
		for _, it := range m.items {
			if it.block != nil && slices.ContainsFunc(it.block.unknown, func(e hcl.Expression) bool { return e.Range().Overlaps(at) }) {
				return true
			}
		}
	}
	return false
}

// areAllTwice reports whether the only errors are second declarations: other errors can be reported with them then,
// because every name keeps its meaning.
func areAllTwice(diags hcl.Diagnostics) bool {
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Summary != declaredTwice {
			return false
		}
	}
	return true
}
