package manifest

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/values"
)

// branch is an object of a scope in the making: whole, or its parts.
type branch struct {
	whole cty.Value
	parts map[string]*branch
}

// put adds a value under the names that lead to it.
func (b *branch) put(v cty.Value, names ...string) {
	for _, name := range names {
		if b.parts == nil {
			b.parts = map[string]*branch{}
		}
		if b.parts[name] == nil {
			b.parts[name] = &branch{}
		}
		b = b.parts[name]
	}
	b.whole = v
}

func (b *branch) value() cty.Value {
	if b.whole != cty.NilVal {
		return b.whole
	}
	out := make(map[string]cty.Value, len(b.parts))
	for name, part := range b.parts {
		out[name] = part.value()
	}
	return cty.ObjectVal(out)
}

// buildScope makes the context of an expression: of all that is declared it holds
// what the expression refers to and no more. An object of everything, made
// anew for each expression, is how others come to be quadratic. ok is false if
// something that it needs could not be evaluated, which was reported then.
func (m *module) buildScope(refs []ref) (ctx *hcl.EvalContext, ok bool) {
	ctx = m.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{}
	var top branch
	for i := range refs {
		r := &refs[i]
		if r.node != nil && !r.node.done {
			return ctx, false
		}
		root := r.trav.RootName()
		switch r.use {
		case useNode:
			top.put(m.l.facts(), "node")
		case usePath:
			top.put(cty.StringVal(m.folder.path), "path", "module")
		case useEach:
		case useNamed:
			top.put(r.node.val, root, r.node.name)
		case useOutput, useModule:
			r.addModules(&top)
		case useResource:
			r.block.addTo(r, &top)
		case useGroup:
			for _, b := range m.labels[root] {
				top.put(b.buildValue(), root, values.SpellText(b.label))
			}
		}
	}
	for root, b := range top.parts {
		ctx.Variables[root] = b.value()
	}
	return ctx, true
}

// addModules adds what a reference to a module reads.
func (r *ref) addModules(top *branch) {
	path := []string{"module", r.call.name}
	switch {
	case r.inst == nil:
		out := make(map[string]cty.Value, len(r.call.insts))
		for key, m := range r.call.byKey {
			out[key] = m.collectOutputs()
		}
		top.put(cty.ObjectVal(out), path...)
		return
	case r.call.on.isEach():
		path = append(path, r.inst.each.key)
	}
	if r.use == useModule {
		top.put(r.inst.collectOutputs(), path...)
	} else {
		top.put(r.node.val, append(path, r.node.name)...)
	}
}

// addTo adds what one reference to the block reads.
func (b *block) addTo(r *ref, top *branch) {
	label := values.SpellText(b.label)
	switch {
	case b.isEach() || r.attr == attrWhole:
		top.put(b.buildValue(), b.kind.Name, label)
	case r.attr == attrVerb:
		top.put(b.mod.l.types.actionVal(b.insts[0], r.verb), b.kind.Name, label, r.verb)
	default:
		top.put(b.insts[0].readAttr(r.attr), b.kind.Name, label, b.kind.Attrs[r.attr].Name)
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
