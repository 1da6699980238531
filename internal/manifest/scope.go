package manifest

import (
	"errors"
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/functions"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// branch is an object of a scope under construction: a whole value, or its parts.
type branch struct {
	whole cty.Value
	parts map[string]*branch
}

// put adds a value under a path of names.
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

// buildScope makes the context of an expression. It holds only the declarations that the expression refers to: an object
// of everything, made anew for each expression, would be quadratic. ok is false if one of them could not be evaluated,
// which has been reported already.
func (m *module) buildScope(refs []ref) (ctx *hcl.EvalContext, ok bool) {
	ctx = m.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{}
	var top branch
	usesNode := false
	for i := range refs {
		r := &refs[i]
		if r.node != nil && !r.node.done {
			return ctx, false
		}
		root := r.trav.RootName()
		switch r.use {
		case useNode:
			usesNode = true
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
	if usesNode {
		top.put(m.l.host.scopeValue(refs), "node")
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

// readAttr returns an attribute as references see it: null if it is not set.
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

// isSecretive reports whether the resource is sensitive as a whole and that hides the attribute; it does not hide the
// name and the mode.
func (in *instance) isSecretive(idx int) bool {
	s, ok := in.block.kind.attr["sensitive"]
	if !ok || idx == in.block.kind.label || idx == s || in.block.kind.Attrs[idx].Public {
		return false
	}
	for _, v := range in.vals {
		if v.idx == s {
			plain, _ := v.val.Unmark()
			return plain.Type() == cty.Bool && plain.IsKnown() && plain.True() && in.block.kind.isHiddenWhole(idx)
		}
	}
	return false
}

// buildValue returns the whole resource as a value: its attributes, its actions, and its identity.
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

// buildValue returns the block as references see it: its resource, or with for_each an object of its resources by key.
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

// action is an action as a value: service.nginx.restart.
type action struct {
	target *instance
	verb   string
	when   resource.Timing
}

// self is the attribute that identifies a resource in its value. It is not an identifier, so no expression can refer to
// it.
const self = "(resource)"

// refTypes are the types of values for resources and their actions. Each Load makes its own, because a capsule type is
// an identity and this package keeps no globals.
type refTypes struct {
	action cty.Type // *action
	self   cty.Type // *instance
}

func newRefTypes() refTypes {
	return refTypes{
		action: cty.Capsule("action", reflect.TypeFor[action]()),
		self:   cty.Capsule("resource", reflect.TypeFor[instance]()),
	}
}

func (t refTypes) actionVal(i *instance, verb string) cty.Value {
	return cty.CapsuleVal(t.action, &action{target: i, verb: verb, when: resource.Delayed})
}

// asAction unwraps an action; nil for any other value.
func (t refTypes) asAction(v cty.Value) *action {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || !v.Type().Equals(t.action) {
		return nil
	}
	return v.EncapsulatedValue().(*action)
}

// asInstances unwraps a resource, or all resources of a block with for_each;
// ok is false for any other value.
func (t refTypes) asInstances(v cty.Value) (out []*instance, ok bool) {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || !v.Type().IsObjectType() {
		return nil, false
	}
	if v.Type().HasAttribute(self) {
		s, _ := v.GetAttr(self).Unmark()
		if s.IsNull() || !s.Type().Equals(t.self) {
			return nil, false
		}
		return []*instance{s.EncapsulatedValue().(*instance)}, true
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		one, ok := t.asInstances(e)
		if !ok || len(one) != 1 {
			return nil, false
		}
		out = append(out, one[0])
	}
	return out, true
}

// timingFunc returns the function immediately() or before(): the same action at another time.
func (t refTypes) timingFunc(when resource.Timing) function.Function {
	return functions.NewFunc(t.action, func(args []cty.Value) (cty.Value, error) {
		a := *t.asAction(args[0])
		if a.when != resource.Delayed && a.when != when {
			return cty.NilVal, errors.New("the action has another time already")
		}
		a.when = when
		return cty.CapsuleVal(t.action, &a), nil
	}, function.Parameter{Name: "action", Type: t.action})
}
