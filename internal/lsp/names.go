package lsp

import (
	"path/filepath"
	"slices"

	"converge/internal/lsp/outline"
	"converge/internal/resource"
)

// name identifies a declaration in the manifests of a folder: a resource by its kind, or another block by its type. A
// local has the type "local".
type name struct {
	dir  string
	what string
	text string
}

// spot is one occurrence of a name.
type spot struct {
	m           *manifest
	span        outline.Span
	indexed     bool // in brackets, which the span includes
	declaration bool
	label       bool           // the label of a block, without quotes
	block       *outline.Block // of a declaration
}

// index finds and explains the declarations in the documents of the workspace.
type index struct {
	kinds []*resource.Kind
	facts []Fact
	space *workspace
}

// roots returns the first names of references other than kinds, with the types that they refer to.
func roots() map[string]string {
	return map[string]string{"var": "variable", "local": "local", "secret": "secret", "module": "module"}
}

func (x *index) kind(name string) *resource.Kind {
	for _, k := range x.kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// named returns the name that a step of a reference refers to, and the step with the name; ok is false if it is not a
// declaration.
func (x *index) named(m *manifest, r *outline.Ref, step int) (n name, at int, ok bool) {
	if len(r.Steps) < 2 {
		return n, 0, false
	}
	dir, root := filepath.Dir(m.path), r.Steps[0].Text
	what := roots()[root]
	if what == "" && x.kind(root) != nil {
		what = root
	}
	if root == "module" && step >= 2 {
		last := 2
		if b, at := x.declared(name{dir, "module", r.Steps[1].Text}); b != nil {
			if b.Attr("for_each") != nil {
				last = 3
			}
			if step == last {
				return name{sourceOf(at, b), "output", r.Steps[step].Text}, step, true
			}
		}
	}
	return name{dir, what, r.Steps[1].Text}, 1, what != ""
}

// nameAt returns the name at an offset of a document; ok is false if there is none.
func (x *index) nameAt(m *manifest, offset int) (n name, at spot, ok bool) {
	d := m.parsed()
	if r, step := d.RefAt(offset); r != nil {
		n, step, ok := x.named(m, r, step)
		return n, spot{m: m, span: r.Steps[min(step, len(r.Steps)-1)].Span}, ok
	}
	b := d.BlockAt(offset)
	if b == nil {
		return n, at, false
	}
	dir := filepath.Dir(m.path)
	if len(b.Labels) > 0 && b.Header.Holds(offset) {
		return name{dir, b.Type.Text, b.Label()}, spot{m: m, span: b.Labels[0].Span, label: true}, true
	}
	for i := range b.Attrs {
		a := &b.Attrs[i]
		switch {
		case !a.Name.Span.Holds(offset):
		case b.Type.Text == "locals":
			return name{dir, "local", a.Name.Text}, spot{m: m, span: a.Name.Span}, true
		case b.Type.Text == "module" && sourceOf(m, b) != "" && !isModuleWord(a.Name.Text):
			return name{sourceOf(m, b), "variable", a.Name.Text}, spot{m: m, span: a.Name.Span}, true
		}
	}
	return n, at, false
}

// declared returns the block that declares a name, nil if none does, and its document.
func (x *index) declared(n name) (*outline.Block, *manifest) {
	for _, at := range x.declarations(n) {
		return at.block, at.m
	}
	return nil, nil
}

// declarations returns where a name is declared.
func (x *index) declarations(n name) []spot {
	var out []spot
	for _, m := range x.space.folder(n.dir) {
		d := m.parsed()
		for i := range d.Blocks {
			b := &d.Blocks[i]
			switch {
			case n.what == "local" && b.Type.Text == "locals":
				if a := b.Attr(n.text); a != nil {
					out = append(out, spot{m: m, span: a.Name.Span, declaration: true, block: b})
				}
			case b.Type.Text == n.what && len(b.Labels) > 0 && b.Label() == n.text:
				out = append(out, spot{m: m, span: b.Labels[0].Span, declaration: true, label: true, block: b})
			}
		}
	}
	return out
}

// uses returns the places that refer to a name: in its folder, and for inputs and outputs of a module, in the folders
// that use it.
func (x *index) uses(n name) []spot {
	var out []spot
	for _, dir := range x.foldersAround(n) {
		for _, m := range x.space.folder(dir) {
			d := m.parsed()
			for i := range d.Refs {
				r := &d.Refs[i]
				for step := 1; step < len(r.Steps) && step <= 3; step++ {
					if o, at, ok := x.named(m, r, step); ok && o == n && at == step {
						out = append(out, spot{m: m, span: r.Steps[at].Span, indexed: r.Steps[at].Indexed})
					}
				}
			}
			out = append(out, inputs(m, d, n)...)
		}
	}
	return out
}

// foldersAround returns the folders in which a name may be referred to.
func (x *index) foldersAround(n name) []string {
	out := []string{n.dir}
	if n.what == "variable" || n.what == "output" {
		x.space.findCallers()
		for _, dir := range x.space.called[n.dir] {
			if !slices.Contains(out, dir) {
				out = append(out, dir)
			}
		}
	}
	return out
}

// inputs returns the attributes of module blocks that set a variable.
func inputs(m *manifest, d *outline.Document, n name) []spot {
	var out []spot
	for i := range d.Blocks {
		b := &d.Blocks[i]
		if n.what != "variable" || sourceOf(m, b) != n.dir {
			continue
		}
		if a := b.Attr(n.text); a != nil && !isModuleWord(n.text) {
			out = append(out, spot{m: m, span: a.Name.Span})
		}
	}
	return out
}

// names returns the names of a type that a folder declares, sorted.
func (x *index) names(dir, what string) []string {
	var out []string
	for _, m := range x.space.folder(dir) {
		d := m.parsed()
		for i := range d.Blocks {
			b := &d.Blocks[i]
			switch {
			case what == "local" && b.Type.Text == "locals":
				for _, a := range b.Attrs {
					out = append(out, a.Name.Text)
				}
			case b.Type.Text == what && len(b.Labels) > 0:
				out = append(out, b.Label())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
