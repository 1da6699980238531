package lsp

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/lsp/outline"
	"converge/internal/lsp/wire"
	"converge/internal/reference"
	"converge/internal/resource"
)

// addMembers proposes names for the part after the dot of a reference.
func (c *proposals) addMembers() {
	steps := stepsOf(c.place.Path)
	if len(steps) == 0 {
		return
	}
	root := steps[0]
	switch what := roots()[root]; {
	case root == "node":
		c.addFacts(strings.Join(steps[1:], "."))
	case root == "each" && len(steps) == 1:
		c.add("key", wire.ItemProperty, "", "", "key")
		c.add("value", wire.ItemProperty, "", "", "value")
	case root == "path" && len(steps) == 1:
		c.add("module", wire.ItemProperty, "the folder of the manifest", "", "module")
	case what != "" && len(steps) == 1:
		for _, name := range c.s.names(c.dir, what) {
			c.add(name, wire.ItemVariable, what, "", name)
		}
	case root == "module":
		if b, m := c.s.declared(name{c.dir, "module", steps[1]}); b != nil {
			for _, output := range c.s.names(sourceOf(m, b), "output") {
				c.add(output, wire.ItemVariable, "output", "", output)
			}
		}
	default:
		c.addOfResource(c.s.kind(root), steps)
	}
}

// addOfResource proposes the resources of a kind, or the attributes and actions of one.
func (c *proposals) addOfResource(k *resource.Kind, steps []string) {
	if k == nil {
		return
	}
	if len(steps) == 1 {
		for _, name := range c.others(k.Name) {
			if hclsyntax.ValidIdentifier(name) {
				c.add(name, wire.ItemVariable, k.Name, "", name)
				continue
			}
			// In brackets: the edit removes the dot.
			start := c.offset - len(c.place.Word) - len(c.place.Path)
			c.addFrom(start, name, wire.ItemVariable, k.Name, "", address(k.Name, name))
			c.items[len(c.items)-1].Filter = c.place.Path + name
		}
		return
	}
	for _, verb := range k.Verbs {
		c.add(verb, wire.ItemEvent, "action of the "+k.Name, "", verb)
	}
	if c.place.Attr == "notifies" {
		return
	}
	of := map[string]reference.Entry{}
	for _, e := range append(reference.DescribeAttrs(k), reference.DescribeComputed(k)...) {
		of[e.Name] = e
	}
	for i := range k.Attrs {
		if a := &k.Attrs[i]; !a.Internal {
			e := of[a.Name]
			c.add(a.Name, wire.ItemProperty, strings.ReplaceAll(e.Traits, "`", ""), e.Doc, a.Name)
		}
	}
}

// addFacts proposes the next names of facts below a path.
func (c *proposals) addFacts(path string) {
	seen := map[string]bool{}
	for _, f := range c.s.Facts {
		rest, ok := f.Name, true
		if path != "" {
			rest, ok = strings.CutPrefix(f.Name, path+".")
		}
		word, more, _ := strings.Cut(rest, ".")
		if !ok || seen[word] {
			continue
		}
		seen[word] = true
		detail, doc := f.Type, f.Doc
		if more != "" {
			detail, doc = "object", ""
		}
		c.add(word, wire.ItemProperty, detail, doc, word)
	}
}

// stepsOf returns the names in a reference that ends with a dot.
func stepsOf(path string) []string {
	t, diags := hclsyntax.ParseTraversalAbs([]byte(strings.TrimSuffix(path, ".")), "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil
	}
	return outline.NamesOf(t)
}
