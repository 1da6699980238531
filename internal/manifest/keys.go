package manifest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
)

// listKnownKeys returns the keys of a block with for_each that are known before the site is evaluated.
func listKnownKeys(b *block) []string {
	if b.forEach == nil {
		return sortedNames(b.byKey)
	}
	for _, t := range b.forEach.Variables() {
		n := b.mod.table(map[string]string{"var": "variable", "local": "local"}[t.RootName()])
		if name, ok := nameStep(t, 1); !ok || n[name] == nil || !n[name].done {
			return nil
		}
	}
	refs, diags := resolver{b.mod}.resolveAll(b.forEach.Variables(), b)
	ctx, ok := b.mod.buildScope(refs)
	if diags.HasErrors() || !ok {
		return nil
	}
	eaches, diags := b.evaluateForEach(ctx)
	if diags.HasErrors() {
		return nil
	}
	var keys []string
	for _, e := range eaches {
		keys = append(keys, e.key)
	}
	slices.Sort(keys)
	return keys
}

// chooseKey explains how to refer to one of several instances, by the known keys. t is the reference, whose step at is
// not a key; in is the block that refers to it.
func (res resolver) chooseKey(of *block, t hcl.Traversal, at int, in *block) string {
	addr, keys := of.addr().String(), listKnownKeys(of)
	if name, ok := nameStep(t, at); ok && slices.Contains(keys, name) {
		return fmt.Sprintf("%s[%q]%s", addr, name, res.textBehind(t, at+1))
	}
	rest := res.textBehind(t, at)
	if in != nil && in != of && in.forEach != nil && of.forEach != nil && res.textAt(in.forEach.Range()) == res.textAt(of.forEach.Range()) {
		return fmt.Sprintf("%s[each.key]%s", addr, rest)
	}
	switch len(keys) {
	case 0:
		return fmt.Sprintf("%s[\"KEY\"]%s", addr, rest)
	case 1:
		return fmt.Sprintf("%s[%q]%s", addr, keys[0], rest)
	case 2:
		return fmt.Sprintf("%s[%q]%s or %s[%q]%s", addr, keys[0], rest, addr, keys[1], rest)
	}
	return fmt.Sprintf("%s[%q]%s.%s", addr, keys[0], rest, strings.TrimSuffix(diag.Suggest("", keys, "Its keys are"), "."))
}

// textBehind returns the text of a reference from a step on.
func (res resolver) textBehind(t hcl.Traversal, at int) string {
	if at >= len(t) {
		return ""
	}
	r := t[at].SourceRange()
	r.End = t[len(t)-1].SourceRange().End
	return res.textAt(r)
}

// explainEach explains an each outside of for_each, and suggests what was meant: the for_each of a nearby block, or one
// element of a value.
func (res resolver) explainEach(t hcl.Traversal, in *block) string {
	from, of := res.findLoop(in)
	if in == nil {
		if from == "" {
			from = "VALUE"
		}
		return fmt.Sprintf("each is in a block of a resource or of a module that has for_each. Elsewhere a value is made of each element by a for: { for key, value in %s : key => value }.", from)
	}
	addr := in.addr().String()
	out := fmt.Sprintf("There is an each only in a block with for_each, and %s has none.", addr)
	if from == "" {
		return out + ` Add for_each = ["a", "b"], with the keys that are meant, or write the value itself.`
	}
	out += " Add for_each = " + from
	if in.kind.labelFills(in.label) && !slices.ContainsFunc(in.attrs, func(a attrExpr) bool { return a.idx == in.kind.label }) {
		out += fmt.Sprintf(" and %s = %s", in.kind.Label, in.keyInLabel())
	}
	if of != nil {
		out += ", as in " + of.addr().String()
	}
	if one := res.oneElement(t, in, from); one != "" {
		out += fmt.Sprintf("; or write %s in place of %s", one, res.textAt(t.SourceRange()))
	}
	return out + "."
}

// findLoop returns the value that a block may have meant to iterate over: the for_each of another block, preferably of
// the same kind, or else a value that has keys.
func (res resolver) findLoop(in *block) (text string, of *block) {
	for _, it := range res.mod.items {
		b := it.block
		if it.call != nil {
			b = it.call.on
		}
		if b.forEach == nil || b == in {
			continue
		}
		here := res.textAt(b.forEach.Range())
		if len(here) > 60 || strings.Contains(here, "\n") {
			continue
		}
		if of == nil || in != nil && b.kind == in.kind && of.kind != in.kind {
			text, of = here, b
		}
	}
	if of != nil {
		return text, of
	}
	for _, what := range []string{"local", "variable"} {
		for _, name := range sortedNames(res.mod.table(what)) {
			n := res.mod.table(what)[name]
			if n.done && hasKeys(n.val) {
				return map[string]string{"local": "local.", "variable": "var."}[what] + name, nil
			}
		}
	}
	return "", nil
}

// hasKeys reports whether a value is a map or an object that is not empty and not secret.
func hasKeys(v cty.Value) bool {
	if v == cty.NilVal || values.IsSensitive(v) {
		return false
	}
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull() && (v.Type().IsMapType() || v.Type().IsObjectType()) && v.LengthInt() > 0
}

// oneElement returns the element that the label of a block names, in place of its each; "" if it names none.
func (res resolver) oneElement(t hcl.Traversal, in *block, from string) string {
	root, name, _ := strings.Cut(from, ".")
	n := res.mod.table(map[string]string{"local": "local", "var": "variable"}[root])[name]
	if n == nil || !n.done || !hasKeys(n.val) {
		return ""
	}
	plain, _ := n.val.Unmark()
	for _, key := range []string{in.label, path.Base(in.label)} {
		if _, has := plain.AsValueMap()[key]; !has {
			continue
		}
		if step, _ := nameStep(t, 1); step == "key" {
			return fmt.Sprintf("%q", key)
		}
		return fmt.Sprintf("%s[%q]%s", from, key, res.textBehind(t, 2))
	}
	return ""
}

// keyInLabel returns the label of a block with each.key in place of the varying part.
func (h *header) keyInLabel() string {
	if h.kind.Label == "path" {
		return fmt.Sprintf("%q", path.Join(path.Dir(h.label), "${each.key}"))
	}
	return "each.key"
}
