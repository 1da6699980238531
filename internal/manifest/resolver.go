package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// resolver resolves the references of a module.
type resolver struct{ mod *module }

// resolveAll resolves traversals; in is their block, nil outside of one.
func (res resolver) resolveAll(uses []hcl.Traversal, in *block) ([]ref, hcl.Diagnostics) {
	if len(uses) == 0 {
		return nil, nil
	}
	out := make([]ref, 0, len(uses))
	var diags hcl.Diagnostics
	for _, t := range uses {
		r, more := res.resolveOne(t, in)
		if diags = append(diags, more...); !more.HasErrors() {
			out = append(out, r)
		}
	}
	return out, res.joinWords(diags)
}

// joinWords merges the errors about adjacent words: they are one text without quotes, such as a path.
func (res resolver) joinWords(diags hcl.Diagnostics) hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, d := range diags {
		if n := len(out) - 1; n >= 0 && isWord(out[n]) && isWord(d) && d.Subject.Filename == out[n].Subject.Filename {
			gap := hcl.Range{Filename: d.Subject.Filename, Start: out[n].Subject.End, End: d.Subject.Start}
			if strings.TrimSpace(res.mod.l.files.TextAt(gap)) == "/" {
				out[n].Subject.End, out[n].Context = d.Subject.End, nil
				out[n].Detail = "This is no reference. A text has quotes around the whole of it."
				continue
			}
		}
		out = append(out, d)
	}
	return out
}

// isWord reports whether an error is about an unknown name.
func isWord(d *hcl.Diagnostic) bool { return d.Summary == "Unknown name" && d.Subject != nil }

func (res resolver) resolveOne(t hcl.Traversal, in *block) (ref, hcl.Diagnostics) {
	r := ref{trav: t}
	switch root := t.RootName(); root {
	case "node":
		r.use = useNode
		return r, nil
	case "each":
		return res.resolveEach(r, in)
	case "path":
		r.use = usePath
		if name, ok := nameStep(t, 1); ok && name != "module" {
			return r, describeUnknown(t, 1, "Unknown path", fmt.Sprintf("There is no path.%s; path.module is the folder of the manifest.", name))
		}
		return r, nil
	case "var":
		return res.resolveNamed(r, "variable", in)
	case "local":
		return res.resolveNamed(r, "local", in)
	case "secret":
		return res.resolveSecret(r)
	case "module":
		return res.resolveModule(r, in)
	default:
		if res.mod.l.kinds.has(root) {
			return res.resolveResource(r, root, in)
		}
		return r, describeUnknown(t, 0, "Unknown name", fmt.Sprintf("There is no %q to refer to. %s", root, res.suggestRoot(t)))
	}
}

// suggestRoot suggests what a reference was meant to be that begins with an unknown name.
func (res resolver) suggestRoot(t hcl.Traversal) string {
	root := t.RootName()
	verb, _ := nameStep(t, 1)
	var called *block
	for _, kind := range res.mod.l.kinds.names {
		if b := res.mod.blocks[blockKey{kind, root}]; b != nil && (called == nil || b.kind.Rank(verb) >= 0) {
			called = b
		}
	}
	if called != nil {
		return fmt.Sprintf("The resource is called %s: a reference begins with the kind.", called.addr())
	}
	if here := explainRoot(root); here != "" && res.mod.variables[root] == nil && res.mod.locals[root] == nil {
		return here
	}
	if here := res.suggestLiteral(t); here != "" {
		return here
	}
	roots := []string{"var", "local", "secret", "node", "path", "module", "each"}
	if here := explainBare(root); here != "" && len(t) == 1 {
		return here
	}
	if len(t) == 1 {
		return res.suggestQuotes(root, roots)
	}
	names := append(roots, res.mod.l.kinds.names...)
	if near := diag.Suggest(root, names, ""); near == "" && isDotted(t) {
		return fmt.Sprintf("A text has quotes: %q. A reference begins with var, local, secret, node, path, module, each, or a kind, such as file.", syntax.TraversalText(t))
	}
	return strings.TrimSpace(diag.Suggest(root, names, "A reference begins with"))
}

// isDotted reports whether a reference consists of names separated by dots, like the name of a host, a unit or a file.
func isDotted(t hcl.Traversal) bool {
	return !slices.ContainsFunc(t[1:], func(s hcl.Traverser) bool {
		_, ok := s.(hcl.TraverseAttr)
		return !ok
	})
}

// suggestLiteral explains how to write ${ literally, for a shell or another program, when a reference begins with an
// unknown name.
func (res resolver) suggestLiteral(t hcl.Traversal) string {
	at := t.SourceRange()
	before := hcl.Range{Filename: at.Filename, Start: at.Start, End: at.Start}
	before.Start.Byte = max(0, at.Start.Byte-2)
	if res.mod.l.files.TextAt(before) != "${" {
		return ""
	}
	name := t.RootName()
	near := strings.TrimSpace(diag.Suggest(name, []string{"var", "local", "secret", "node", "path", "module", "each"}, ""))
	if near != "" && len(t) > 1 {
		return near
	}
	literal := fmt.Sprintf("If the text is to hold ${%s} itself, for a shell or another program, it is written $${%s}.", name, name)
	if len(t) > 1 {
		literal = "If the text is to hold ${ itself, for a shell or another program, it is written $${."
	}
	switch {
	case res.mod.variables[name] != nil:
		return fmt.Sprintf("The variable is var.%s. %s", name, literal)
	case res.mod.locals[name] != nil:
		return fmt.Sprintf("The local is local.%s. %s", name, literal)
	}
	return strings.TrimSpace(near+" "+literal) + " A variable is written ${var.NAME}."
}

// suggestQuotes suggests what a single word was meant to be: mostly a text, or a declaration with that name.
func (res resolver) suggestQuotes(word string, roots []string) string {
	text := fmt.Sprintf("A text has quotes: %q.", word)
	switch {
	case res.mod.variables[word] != nil:
		return fmt.Sprintf("The variable is var.%s. %s", word, text)
	case res.mod.locals[word] != nil:
		return fmt.Sprintf("The local is local.%s. %s", word, text)
	}
	return text + diag.Suggest(word, roots, "")
}

func (res resolver) resolveEach(r ref, in *block) (ref, hcl.Diagnostics) {
	r.use, r.of = useEach, in
	if in == nil || !in.isEach() || in.kind.Expand != nil && in.forEach == nil {
		return r, describeUnknown(r.trav, 0, "No each here", res.explainEach(r.trav, in))
	}
	if name, ok := nameStep(r.trav, 1); ok && name != "key" && name != "value" {
		return r, describeUnknown(r.trav, 1, "Unknown attribute", fmt.Sprintf("There is no each.%s; there are each.key and each.value.", name))
	}
	return r, nil
}

func (res resolver) resolveNamed(r ref, what string, in *block) (ref, hcl.Diagnostics) {
	table := res.mod.table(what)
	r.use = useNamed
	name, ok := nameStep(r.trav, 1)
	if !ok {
		return r, describeUnknown(r.trav, 0, "Incomplete reference", fmt.Sprintf("%q must be followed by the name of a %s.", r.trav.RootName(), what))
	}
	if r.node = table[name]; r.node == nil {
		if here := res.explainNamedElsewhere(r.trav, what, name, in); here != "" {
			return r, describeUnknown(r.trav, 1, "Unknown "+what, here)
		}
		return r, describeUnknown(r.trav, 1, "Unknown "+what, fmt.Sprintf("No %s %q is declared.%s",
			what, name, suggestDeclared(what, name, table)))
	}
	return r, nil
}

// suggestDeclared suggests a declared name in place of an unknown one, and shows how to declare that one.
func suggestDeclared(what, name string, table map[string]*node) string {
	near := diag.Suggest(name, sortedNames(table), "Declared are")
	if strings.Contains(near, "Did you mean") {
		return near
	}
	switch what {
	case "variable":
		return near + fmt.Sprintf(" It is declared by variable %q { type = string }.", name)
	case "local":
		return near + fmt.Sprintf(" It is declared by locals { %s = … }.", name)
	}
	return near
}

// resolveSecret resolves a reference to a secret, and marks the secret as needed.
func (res resolver) resolveSecret(r ref) (ref, hcl.Diagnostics) {
	if res.mod.parent != nil {
		here := "A module has a variable for one, with sensitive = true, and its caller sets it."
		if name, ok := nameStep(r.trav, 1); ok {
			here = strings.TrimSpace(here + " " + res.explainNamedElsewhere(r.trav, "secret", name, nil))
		}
		return r, describeUnknown(r.trav, 0, "Secret in a module", "Secrets are declared in the root manifest alone. "+here)
	}
	r, diags := res.resolveNamed(r, "secret", nil)
	if r.node != nil {
		r.node.secret.needed = true
	}
	return r, diags
}

func (res resolver) resolveModule(r ref, in *block) (ref, hcl.Diagnostics) {
	name, ok := nameStep(r.trav, 1)
	if !ok {
		return r, describeUnknown(r.trav, 0, "Incomplete reference", "\"module\" must be followed by the name of a module.")
	}
	c := res.mod.calls[name]
	if c == nil {
		here := cmp.Or(res.explainModuleElsewhere(r.trav, name), fmt.Sprintf("No module %q is declared.%s", name, suggestModule(name, sortedNames(res.mod.calls))))
		return r, describeUnknown(r.trav, 1, "Unknown module", here)
	}
	if n := len(res.mod.l.chain); n > 0 {
		res.mod.l.chain[n-1].ref = &ref{trav: r.trav}
	}
	if diags := c.makeModules(); diags.HasErrors() {
		return r, diags
	}
	r.call = c
	at := 2
	if c.on.isEach() {
		at = 3
		if diags := res.chooseModule(&r, in); diags.HasErrors() {
			return r, diags
		}
	} else if len(c.insts) > 0 {
		r.inst = c.insts[0]
	}
	r.use = useModule
	out, ok := nameStep(r.trav, at)
	if !ok {
		r.node = res.mod.modulesNode(c, r.inst)
		return r, nil
	}
	if c.pattern.outputs[out] == nil {
		return r, describeUnknown(r.trav, at, "Unknown output", fmt.Sprintf("The module %q has no output %q.%s",
			name, out, suggestOutput(out, sortedNames(c.pattern.outputs))))
	}
	if r.inst != nil {
		r.use, r.node = useOutput, r.inst.outputs[out]
	}
	return r, nil
}

// suggestModule suggests a module in place of an unknown one, and shows how to declare that one.
func suggestModule(name string, names []string) string {
	near := diag.Suggest(name, names, "Declared are")
	if strings.Contains(near, "Did you mean") {
		return near
	}
	return near + fmt.Sprintf(" It is declared by module %q { source = \"./%s\" }.", name, name)
}

// chooseModule determines the instance of a module with for_each, if the reference names one.
func (res resolver) chooseModule(r *ref, in *block) hcl.Diagnostics {
	c := r.call
	key, ok := nameStep(r.trav, 2)
	if !ok {
		return nil
	}
	addr := c.on.addr().String()
	if _, dotted := r.trav[2].(hcl.TraverseAttr); dotted {
		return describeUnknown(r.trav, 2, "Instance not chosen", fmt.Sprintf(
			"%s has for_each, so a reference to one of its modules goes by its key: %s.", addr, res.chooseKey(c.on, r.trav, 2, in)))
	}
	r.inst = c.byKey[key] // nil: the index does not exist, which its evaluation reports
	return nil
}

func (res resolver) resolveResource(r ref, kind string, in *block) (ref, hcl.Diagnostics) {
	label, ok := nameStep(r.trav, 1)
	if !ok {
		if len(r.trav) > 1 {
			return r, describeUnknown(r.trav, 1, "Invalid reference", fmt.Sprintf("%s is referred to by its name: %s.NAME or %s[\"NAME\"].", diag.Capital(resource.WithArticle(kind)), kind, kind))
		}
		r.use, r.node = useGroup, res.mod.group(kind)
		return r, nil
	}
	r.use, r.attr = useResource, attrWhole
	if r.block = res.mod.blocks[blockKey{kind, label}]; r.block == nil {
		return r, res.describeUndeclared(r.trav, kind, label)
	}
	at := 2
	if r.block.isEach() {
		if _, attr := nameStep(r.trav, 2); attr {
			if _, dotted := r.trav[2].(hcl.TraverseAttr); dotted {
				return r, describeUnknown(r.trav, 2, "Instance not chosen", fmt.Sprintf(
					"%s, so a reference to one of its resources goes by its key: %s.", r.block.describeInstances(), res.chooseKey(r.block, r.trav, 2, in)))
			}
		}
		at = 3
	}
	diags := r.resolveMember(at)
	if !r.block.isEach() && r.attr == attrVerb {
		return r, diags // an action of a resource that is known to exist needs no value
	}
	r.node = r.block.node
	return r, diags
}

// resolveMember resolves the attribute or action at a step.
func (r *ref) resolveMember(at int) hcl.Diagnostics {
	name, ok := nameStep(r.trav, at)
	if !ok {
		return nil
	}
	k := r.block.kind
	if i, ok := k.attr[name]; ok {
		r.attr = i
		return nil
	}
	if k.Rank(name) >= 0 {
		r.attr, r.verb = attrVerb, name
		return nil
	}
	return describeUnknown(r.trav, at, "Unknown attribute", fmt.Sprintf("%s has no attribute %q.%s",
		diag.Capital(resource.WithArticle(k.Name)), name, k.suggestAttribute(syntax.TraversalText(r.trav[:at]), name)))
}

// describeUndeclared reports that no such resource is declared, and lists those that are.
func (res resolver) describeUndeclared(t hcl.Traversal, kind, label string) hcl.Diagnostics {
	var names []string
	for _, b := range res.mod.labels[kind] {
		names = append(names, b.label)
	}
	detail := fmt.Sprintf("No %s %q is declared.%s", kind, label, diag.Suggest(label, names, "Declared are"))
	for _, other := range res.mod.l.kinds.names {
		if diag.Suggest(label, names, "") != "" { // a similar name of the same kind is likelier
			break
		}
		if other != kind && res.mod.blocks[blockKey{other, label}] != nil {
			detail = fmt.Sprintf("No %s %q is declared, but there is %s.", kind, label, res.mod.blocks[blockKey{other, label}].addr())
		}
	}
	if e := res.findElsewhere(t, func(m *module) *hcl.Range { return m.placeOf(kind, label) }); e != nil {
		detail = cmp.Or(e.explain("{}"), detail)
	}
	return describeUnknown(t, 1, "Unknown resource", detail)
}

// nameStep returns the literal name of a traversal's step, if there is one.
func nameStep(t hcl.Traversal, i int) (string, bool) {
	if i >= len(t) {
		return "", false
	}
	return syntax.StepName(t[i])
}

// describeUnknown returns an error at the step of a reference that has no target.
func describeUnknown(t hcl.Traversal, at int, summary, detail string) hcl.Diagnostics {
	r := t[at].SourceRange()
	d := diag.Failure(summary, detail, &r)
	d.Context = t.SourceRange().Ptr()
	return hcl.Diagnostics{d}
}

// modulesNode returns the node of all outputs of a module, or of all instances of one with for_each; nil in a pattern,
// which has no instances.
func (m *module) modulesNode(c *call, inst *module) *node {
	if inst != nil {
		return inst.group("")
	}
	if m.pattern {
		return nil
	}
	name := "module." + c.name
	if g := m.groups[name]; g != nil {
		return g
	}
	g := m.newGroup(name)
	for _, inst := range c.insts {
		g.refs = append(g.refs, ref{use: useModule, call: c, inst: inst, node: inst.group(""), trav: rootTraversal(name, c.rng)})
	}
	return g
}

func (m *module) newGroup(kind string) *node {
	g := &node{what: "group", mod: m, home: m, kind: kind}
	m.groups[kind] = g
	m.nodes = append(m.nodes, g)
	return g
}

// group returns the node of all blocks of a kind, or with "" of all outputs: the target of a reference that names no
// single one.
func (m *module) group(kind string) *node {
	if g := m.groups[kind]; g != nil {
		return g
	}
	g := m.newGroup(kind)
	if kind == "" {
		for _, name := range sortedNames(m.outputs) {
			g.refs = append(g.refs, ref{use: useOutput, node: m.outputs[name], trav: rootTraversal("output", m.outputs[name].rng)})
		}
	}
	for _, b := range m.labels[kind] {
		g.refs = append(g.refs, ref{use: useResource, block: b, node: b.node, attr: attrWhole, trav: rootTraversal(b.addr().String(), b.rng)})
	}
	return g
}

func rootTraversal(name string, at hcl.Range) hcl.Traversal {
	return hcl.Traversal{hcl.TraverseRoot{Name: name, SrcRange: at}}
}
