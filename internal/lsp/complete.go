package lsp

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/lsp/outline"
	"converge/internal/lsp/wire"
	"converge/internal/reference"
	"converge/internal/resource"
)

// maxItems is how many proposals are sent at once; the editor requests more as the word grows.
const maxItems = 400

// proposals collects the completions for one place.
type proposals struct {
	s      *Server
	m      *manifest
	place  outline.Place
	offset int
	dir    string
	items  []wire.Completion
}

// complete answers a request for completions.
func (s *Server) complete(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, offset int) (any, error) {
		c := &proposals{s: s, m: m, offset: offset, dir: filepath.Dir(m.path), place: outline.Locate(m.text.Bytes(), offset)}
		if !strings.HasSuffix(m.path, ".json") {
			c.collect()
		}
		matching := slices.DeleteFunc(c.items, func(i wire.Completion) bool { return !c.matches(i) })
		list := wire.CompletionList{Incomplete: len(matching) > maxItems, Items: matching[:min(len(matching), maxItems)]}
		if list.Items == nil {
			list.Items = []wire.Completion{}
		}
		return list, nil
	})
}

// matches reports whether the proposal completes the word before the cursor.
func (c *proposals) matches(i wire.Completion) bool {
	return strings.Contains(strings.ToLower(i.Label), strings.ToLower(c.place.Word))
}

func (c *proposals) collect() {
	p := c.place
	depth := len(p.Blocks)
	switch {
	case p.Quoted:
		c.addWords(true)
	case p.Begins && depth == 0:
		c.addBlocks()
	case p.Begins:
		c.addAttrs()
	case p.Path != "":
		c.addMembers()
	case p.Attr != "":
		c.addValues()
	}
}

// add proposes a text in place of the word before the cursor.
func (c *proposals) add(label string, kind wire.ItemKind, detail, doc, text string) {
	c.addFrom(c.offset-len(c.place.Word), label, kind, detail, doc, text)
}

func (c *proposals) addFrom(start int, label string, kind wire.ItemKind, detail, doc, text string) {
	item := wire.Completion{
		Label: label, Kind: kind, Detail: detail, SortText: fmt.Sprintf("%05d", len(c.items)),
		Edit: &wire.Edit{Range: c.m.text.Range(start, c.offset), NewText: text},
	}
	if doc != "" {
		item.Doc = wire.NewMarkdown(doc)
	}
	if c.s.snippets && strings.Contains(text, "$0") {
		item.Format = 2
	}
	c.items = append(c.items, item)
}

// addBlocks proposes the blocks at the top of a manifest.
func (c *proposals) addBlocks() {
	write := func(word, labels string) string {
		if !c.s.snippets || !c.atLineEnd() {
			return word
		}
		return word + labels + " {\n  $0\n}"
	}
	for _, k := range c.s.Kinds {
		c.add(k.Name, wire.ItemClass, reference.Summary(k), "", write(k.Name, ` "${1:name}"`))
	}
	for _, e := range reference.DescribeBlocks() {
		labels := ""
		if strings.Contains(e.Traits, "NAME {") && !strings.HasPrefix(e.Traits, "locals") {
			labels = ` "${1:name}"`
		}
		c.add(e.Name, wire.ItemClass, e.Traits, e.Doc, write(e.Name, labels))
	}
}

// atLineEnd reports whether the cursor is at the end of its line.
func (c *proposals) atLineEnd() bool {
	line, _, _ := bytes.Cut(c.m.text.Bytes()[c.offset:], []byte("\n"))
	return len(bytes.TrimSpace(line)) == 0
}

// addAttrs proposes the attributes that the enclosing block does not have yet.
func (c *proposals) addAttrs() {
	what := c.place.Blocks[0]
	b := c.m.parsed().BlockAt(c.offset)
	set := func(attr string) bool { return b != nil && b.Attr(attr) != nil }
	var entries []reference.Entry
	switch k := c.s.kind(what); {
	case len(c.place.Blocks) > 1 && c.place.Blocks[1] == "validation":
		entries = []reference.Entry{
			{Name: "condition", Traits: "bool, required", Doc: "What has to hold of the value."},
			{Name: "error_message", Traits: "string, required", Doc: "What is said if it does not."},
		}
	case len(c.place.Blocks) > 1:
		return
	case k != nil:
		entries = reference.DescribeAttrs(k)
	default:
		entries = reference.DescribeBlockAttrs(what)
	}
	if b != nil && what == "module" {
		for _, name := range c.s.names(sourceOf(c.m, b), "variable") {
			entries = append(entries, reference.Entry{Name: name, Traits: "input"})
		}
	}
	for _, e := range entries {
		text := e.Name
		switch {
		case set(e.Name):
			continue
		case e.Traits == "block":
			text += " {"
		case c.atLineEnd():
			text += " = "
		}
		c.add(e.Name, wire.ItemProperty, strings.ReplaceAll(e.Traits, "`", ""), e.Doc, text)
	}
}

// attr returns the attribute of a kind whose value contains the cursor.
func (c *proposals) attr() (resource.Attr, bool) {
	if len(c.place.Blocks) == 0 {
		return resource.Attr{}, false
	}
	k := c.s.kind(c.place.Blocks[0])
	if k == nil {
		return resource.Attr{}, false
	}
	return k.Attr(c.place.Attr)
}

// addWords proposes the words that the attribute accepts.
func (c *proposals) addWords(quoted bool) {
	a, _ := c.attr()
	words := a.OneOf
	if c.place.Attr == "on_failure" {
		words = []string{"skip", "continue", "stop", "rollback"}
	}
	for _, word := range words {
		text := word
		if !quoted {
			text = quote(word)
		}
		c.add(word, wire.ItemValue, "", "", text)
	}
}

// addValues proposes the names and values for an expression.
func (c *proposals) addValues() {
	attr := c.place.Attr
	if c.place.Nested == 0 {
		c.addWords(false)
	}
	switch {
	case attr == "depends_on" || strings.HasSuffix(attr, "_on") && c.isVerb(strings.TrimSuffix(attr, "_on")):
		c.addAddresses()
		return
	case attr == "notifies":
		c.addActions()
		return
	case attr == "type" && c.place.Blocks[0] == "variable":
		for _, word := range []string{"string", "number", "bool", "any", "list(string)", "set(string)", "map(string)", "object({})"} {
			c.add(word, wire.ItemValue, "", "", word)
		}
		return
	}
	if a, _ := c.attr(); a.Type == cty.Bool || slices.Contains([]string{"when", "protect", "audit", "prune", "sensitive"}, attr) {
		c.add("true", wire.ItemValue, "", "", "true")
		c.add("false", wire.ItemValue, "", "", "false")
	}
	c.addRoots()
	for _, e := range reference.DescribeFunctions() {
		c.add(e.Name, wire.ItemFunction, e.Traits, e.Doc, e.Name+"(")
	}
}

func (c *proposals) isVerb(word string) bool {
	k := c.s.kind(c.place.Blocks[0])
	return k != nil && k.Rank(word) >= 0
}

// addRoots proposes the first names of references.
func (c *proposals) addRoots() {
	all := roots()
	for _, root := range []string{"var", "local", "module", "secret"} {
		for _, name := range c.s.names(c.dir, all[root]) {
			c.add(root+"."+name, wire.ItemVariable, all[root], "", root+"."+name)
		}
	}
	for _, root := range []string{"node", "path", "each"} {
		c.add(root, wire.ItemVariable, "", "", root)
	}
	for _, k := range c.s.Kinds {
		if len(c.s.names(c.dir, k.Name)) > 0 {
			c.add(k.Name, wire.ItemClass, "", "", k.Name)
		}
	}
}

// others returns the resources of a kind in the folder, except the one around the cursor.
func (c *proposals) others(kind string) []string {
	b := c.m.parsed().BlockAt(c.offset)
	return slices.DeleteFunc(c.s.names(c.dir, kind), func(name string) bool {
		return b != nil && b.Type.Text == kind && b.Label() == name
	})
}

// addAddresses proposes the resources of the folder, and its modules.
func (c *proposals) addAddresses() {
	for _, k := range c.s.Kinds {
		for _, name := range c.others(k.Name) {
			c.add(address(k.Name, name), wire.ItemVariable, k.Name, "", address(k.Name, name))
		}
	}
	for _, name := range c.s.names(c.dir, "module") {
		c.add("module."+name, wire.ItemVariable, "module", "", "module."+name)
	}
}

// addActions proposes the actions of the resources of the folder.
func (c *proposals) addActions() {
	for _, k := range c.s.Kinds {
		for _, name := range c.others(k.Name) {
			for _, verb := range k.Verbs {
				action := address(k.Name, name) + "." + verb
				c.add(action, wire.ItemEvent, "action of the "+k.Name, "", action)
			}
		}
	}
	c.add("immediately", wire.ItemFunction, "immediately(action)", "", "immediately(")
	c.add("before", wire.ItemFunction, "before(action)", "", "before(")
}
