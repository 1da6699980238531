package manifest

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/values"
)

// tree is the part of a scope under one root name, by the names that follow.
type tree map[string]map[string]map[string]cty.Value

func (t tree) putValue(a, b, c string, v cty.Value) {
	if t[a] == nil {
		t[a] = map[string]map[string]cty.Value{}
	}
	if t[a][b] == nil {
		t[a][b] = map[string]cty.Value{}
	}
	t[a][b][c] = v
}

// buildScope makes the context of an expression: of all that is declared it holds
// what the expression refers to and no more. An object of everything, made
// anew for each expression, is how others come to be quadratic. ok is false if
// something that it needs could not be evaluated, which was reported then.
func (m *module) buildScope(refs []ref) (ctx *hcl.EvalContext, ok bool) {
	ctx = m.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{}
	named := map[string]map[string]cty.Value{} // var, local
	deep := tree{}                             // module, kinds
	keyed := tree{}                            // modules with for_each, by key
	wholes := map[string]map[string]cty.Value{}
	for i := range refs {
		r := &refs[i]
		if r.node != nil && !r.node.done {
			return ctx, false
		}
		root := r.trav.RootName()
		switch r.use {
		case useNode:
			ctx.Variables["node"] = m.l.facts()
		case usePath:
			ctx.Variables["path"] = cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(m.folder.path)})
		case useEach:
		case useNamed:
			putValue(named, root, r.node.name, r.node.val)
		case useOutput, useModule:
			r.addModules(deep, keyed, wholes)
		case useResource:
			r.block.addTo(r, deep, wholes)
		case useGroup:
			for _, b := range m.labels[root] {
				putValue(wholes, root, values.SpellText(b.label), b.buildValue())
			}
		}
	}
	for root, names := range named {
		ctx.Variables[root] = cty.ObjectVal(names)
	}
	for name, insts := range keyed {
		out := map[string]cty.Value{}
		for key, outputs := range insts {
			out[key] = cty.ObjectVal(outputs)
		}
		if wholes["module"][name] == cty.NilVal {
			putValue(wholes, "module", name, cty.ObjectVal(out))
		}
	}
	for root, names := range deep {
		for name, attrs := range names {
			if wholes[root] == nil || wholes[root][name] == cty.NilVal {
				putValue(wholes, root, name, cty.ObjectVal(attrs))
			}
		}
	}
	for root, names := range wholes {
		ctx.Variables[root] = cty.ObjectVal(names)
	}
	return ctx, true
}

func putValue(t map[string]map[string]cty.Value, a, b string, v cty.Value) {
	if t[a] == nil {
		t[a] = map[string]cty.Value{}
	}
	t[a][b] = v
}

// addModules adds what a reference to a module reads.
func (r *ref) addModules(deep, keyed tree, wholes map[string]map[string]cty.Value) {
	name := r.call.name
	switch {
	case r.inst == nil:
		out := make(map[string]cty.Value, len(r.call.insts))
		for key, m := range r.call.byKey {
			out[key] = m.collectOutputs()
		}
		putValue(wholes, "module", name, cty.ObjectVal(out))
	case r.call.isEach():
		for output, n := range r.inst.outputs {
			if r.use == useModule || n == r.node {
				keyed.putValue(name, r.inst.each.key, output, n.val)
			}
		}
		if len(r.inst.outputs) == 0 {
			putValue(wholes, "module", name, cty.ObjectVal(map[string]cty.Value{r.inst.each.key: cty.EmptyObjectVal}))
		}
	case r.use == useModule:
		putValue(wholes, "module", name, r.inst.collectOutputs())
	default:
		deep.putValue("module", name, r.node.name, r.node.val)
	}
}

// addTo adds what one reference to the block reads.
func (b *block) addTo(r *ref, deep tree, wholes map[string]map[string]cty.Value) {
	switch {
	case b.isEach() || r.attr == attrWhole:
		putValue(wholes, b.kind.Name, values.SpellText(b.label), b.buildValue())
	case r.attr == attrVerb:
		deep.putValue(b.kind.Name, values.SpellText(b.label), r.verb, b.mod.l.types.actionVal(b.insts[0], r.verb))
	default:
		deep.putValue(b.kind.Name, values.SpellText(b.label), b.kind.Attrs[r.attr].Name, b.insts[0].readAttr(r.attr))
	}
}

// readAttr is an attribute as references see it: null if it is unset.
func (in *instance) readAttr(idx int) cty.Value {
	a := &in.block.kind.Attrs[idx]
	for _, v := range in.vals {
		if v.idx == idx {
			if a.Secret || in.isSecretive(idx) {
				return v.val.Mark(values.Sensitive)
			}
			return v.val
		}
	}
	ty := a.Type
	if ty == cty.NilType {
		ty = cty.DynamicPseudoType
	}
	if !ty.IsPrimitiveType() && !ty.IsCollectionType() {
		ty = cty.DynamicPseudoType
	}
	return cty.NullVal(ty)
}

// isSecretive reports whether the resource is sensitive as a whole; its name is
// not.
func (in *instance) isSecretive(idx int) bool {
	s, ok := in.block.kind.attr["sensitive"]
	if !ok || idx == in.block.kind.label || idx == s {
		return false
	}
	for _, v := range in.vals {
		if v.idx == s {
			plain, _ := v.val.Unmark()
			return plain.Type() == cty.Bool && plain.True()
		}
	}
	return false
}

// buildValue is the whole resource: its attributes, its actions, and which it is.
func (in *instance) buildValue() cty.Value {
	k, types := in.block.kind, in.block.mod.l.types
	out := make(map[string]cty.Value, len(k.Attrs)+len(k.Verbs)+1)
	for i := range k.Attrs {
		out[k.Attrs[i].Name] = in.readAttr(i)
	}
	for _, v := range k.Verbs {
		out[v] = types.actionVal(in, v)
	}
	out[self] = cty.CapsuleVal(types.self, in)
	return cty.ObjectVal(out)
}

// buildValue is the block as references see it: its resource, or with for_each an
// object of its resources by key.
func (b *block) buildValue() cty.Value {
	if b.whole != cty.NilVal {
		return b.whole
	}
	if !b.isEach() {
		b.whole = b.insts[0].buildValue()
		return b.whole
	}
	out := make(map[string]cty.Value, len(b.insts))
	for _, in := range b.insts {
		out[in.each.key] = in.buildValue()
	}
	b.whole = cty.ObjectVal(out)
	return b.whole
}
