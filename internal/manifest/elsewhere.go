package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// elsewhere is a reference whose target another module declares.
type elsewhere struct {
	res   resolver
	trav  hcl.Traversal
	owner *module // that declares it
	above *module // the nearest module that contains both
	at    hcl.Range
}

// findElsewhere searches for the target of a reference in the modules that this one calls, then in its caller and the
// modules that that calls, and so on; nil if no module declares it. place returns where a module declares the target.
func (res resolver) findElsewhere(t hcl.Traversal, place func(*module) *hcl.Range) *elsewhere {
	var from *module
	for above := res.mod; above != nil; from, above = above, above.parent {
		level := []*module{above}
		for len(level) > 0 {
			var next []*module
			for _, m := range level {
				if at := place(m); at != nil && m != res.mod {
					return &elsewhere{res: res, trav: t, owner: m, above: above, at: *at}
				}
				for _, name := range sortedNames(m.calls) {
					if below := m.calls[name].pattern; below != nil && !isWithin(from, below) {
						next = append(next, below)
					}
				}
			}
			level = next
		}
	}
	return nil
}

// isWithin reports whether two modules are the same use of a folder.
func isWithin(a, b *module) bool {
	return a == b || a != nil && a.callAt != nil && a.callAt == b.callAt
}

// explain names the place of the declaration, and how the value reaches the module that refers to it: outwards by
// outputs, inwards by variables. declares is the declaration of a variable for it.
func (e *elsewhere) explain(declares string) string {
	text := e.text()
	name := e.suggestName()
	expr, steps := text, []string(nil)
	for m := e.owner; m != e.above; m = m.parent {
		call := m.findCall()
		if call == nil {
			return ""
		}
		output := m.findOutput(expr, e.res.textAt)
		if output == "" {
			output = name
			steps = append(steps, fmt.Sprintf("output %q { value = %s } in module %q", name, expr, call.name))
		}
		expr = "module." + call.name + call.on.exampleIndex() + "." + output
	}
	var inward []*module
	for m := e.res.mod; m != e.above; m = m.parent {
		inward = append(inward, m)
	}
	slices.Reverse(inward)
	for i, m := range inward {
		call := m.findCall()
		if call == nil {
			return ""
		}
		steps = append(steps, fmt.Sprintf("%s = %s in module %q (%s)", name, expr, call.name, diag.Place(call.rng)))
		where := "here"
		if i < len(inward)-1 {
			where = "in that module"
		}
		steps = append(steps, fmt.Sprintf("variable %q %s %s", name, declares, where))
		expr = "var." + name
	}
	slices.Reverse(steps) // from here to there
	out := fmt.Sprintf("%s is declared at %s, in another module, and a module sees only what it is given.", text, diag.Place(e.at))
	switch {
	case len(steps) == 0:
		return fmt.Sprintf("%s Write %s.", out, expr)
	case expr == text:
		return fmt.Sprintf("%s It needs %s.", out, strings.Join(steps, ", and "))
	}
	return fmt.Sprintf("%s Write %s, with %s.", out, expr, strings.Join(steps, ", and "))
}

// text returns the reference as written.
func (e *elsewhere) text() string { return e.res.textAt(e.trav.SourceRange()) }

func (res resolver) textAt(r hcl.Range) string { return res.mod.l.files.TextAt(r) }

// suggestName returns a name for the target in modules that do not declare it: nginx_reload for service.nginx.reload.
func (e *elsewhere) suggestName() string {
	var words []string
	for i := 1; i < len(e.trav) && i < 4; i++ {
		if name, ok := nameStep(e.trav, i); ok {
			words = append(words, name)
		}
	}
	isOther := func(r rune) bool { return !resource.IsIdent("a"+string(r)) || r == '-' }
	name := strings.Join(strings.FieldsFunc(strings.Join(words, "_"), isOther), "_")
	if !resource.IsIdent(name) || isReserved(name) {
		name = "given_" + name
	}
	if n := e.res.mod.variables[name]; n != nil {
		name += "_given"
	}
	return name
}

// findCall returns the block that calls the module.
func (m *module) findCall() *call {
	if m.parent == nil {
		return nil
	}
	for _, c := range m.parent.calls {
		if &c.rng == m.callAt {
			return c
		}
	}
	return nil
}

// findOutput returns the output of a module whose value is a reference; "" if there is none.
func (m *module) findOutput(expr string, textAt func(hcl.Range) string) string {
	for _, name := range sortedNames(m.outputs) {
		if n := m.outputs[name]; n.expr != nil && textAt(n.expr.Range()) == expr {
			return name
		}
	}
	return ""
}

// exampleIndex returns the index of one of several instances of a module; "" if there is only one.
func (b *block) exampleIndex() string {
	if !b.isEach() {
		return ""
	}
	for _, key := range listKnownKeys(b) {
		return fmt.Sprintf("[%q]", key)
	}
	return `["KEY"]`
}

// explainNamedElsewhere is explain for a variable or a local; "" if no module declares it.
func (res resolver) explainNamedElsewhere(t hcl.Traversal, what, name string, in *block) string {
	place := func(m *module) *hcl.Range {
		if n := m.table(what)[name]; n != nil {
			return n.rng.Ptr()
		}
		return nil
	}
	e := res.findElsewhere(t, place)
	if e == nil {
		return ""
	}
	declares := "{}"
	n := e.owner.table(what)[name]
	if v := n.variable; v != nil && v.hasType {
		declares = "{ type = " + typeexpr.TypeString(v.ty) + " }"
	}
	if n.sensitive || what == "secret" {
		declares = "{ sensitive = true }"
	}
	if what == "variable" && e.above == res.mod { // of a module that this one calls: its input, most often
		if call := e.owner.findCall(); in != nil && in.kind.Name == "module" || call == nil {
			return fmt.Sprintf("The variable %q of %s is that module's own. Here one is declared by variable %q %s.", name, diag.Place(e.at), name, declares)
		}
	}
	return e.explain(declares)
}

// table returns the module's declarations of one sort, by name.
func (m *module) table(what string) map[string]*node {
	switch what {
	case "variable":
		return m.variables
	case "local":
		return m.locals
	case "secret":
		return m.secrets
	}
	return nil
}

// placeOf returns the place where a module declares a resource; nil if it does not.
func (m *module) placeOf(kind, label string) *hcl.Range {
	if b := m.blocks[blockKey{kind, label}]; b != nil {
		return b.rng.Ptr()
	}
	return nil
}

// explainModuleElsewhere is explain for an output of a module that another module calls; "" if none does.
func (res resolver) explainModuleElsewhere(t hcl.Traversal, name string) string {
	e := res.findElsewhere(t, func(m *module) *hcl.Range {
		if c := m.calls[name]; c != nil {
			return c.rng.Ptr()
		}
		return nil
	})
	if e == nil {
		return ""
	}
	return e.explain("{}")
}
