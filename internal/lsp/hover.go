package lsp

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"converge/internal/lsp/outline"
	"converge/internal/lsp/wire"
	"converge/internal/reference"
)

// hover answers with the meaning of the word at a place.
func (s *Server) hover(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, offset int) (any, error) {
		about, span := s.explain(m, offset)
		if about == "" {
			return nil, nil
		}
		return wire.Hover{Contents: wire.NewMarkdown(about), Range: m.rangeOf(span)}, nil
	})
}

// explain returns the Markdown about the word at an offset, "" if there is none.
func (x *index) explain(m *manifest, offset int) (string, outline.Span) {
	d := m.parsed()
	if r, step := d.RefAt(offset); r != nil {
		return x.explainRef(m, r, step), r.Span
	}
	if about, span := explainCall(d.Text, offset); about != "" {
		return about, span
	}
	b := d.BlockAt(offset)
	switch {
	case b == nil:
		return "", outline.Span{}
	case b.Type.Span.Holds(offset):
		return x.explainBlock(b.Type.Text), b.Type.Span
	}
	for i := range b.Attrs {
		if a := &b.Attrs[i]; a.Name.Span.Holds(offset) {
			return x.explainAttr(m, b, a.Name.Text), a.Name.Span
		}
	}
	return "", outline.Span{}
}

// explainBlock explains a type of blocks.
func (x *index) explainBlock(what string) string {
	if k := x.kind(what); k != nil {
		return fmt.Sprintf("%s\n\n```hcl\n%s\n```\n\n`converge explain %s` has all attributes.", strings.TrimSpace(k.Doc), strings.TrimSpace(k.Example), k.Name)
	}
	for _, e := range reference.DescribeBlocks() {
		if e.Name == what {
			return fmt.Sprintf("`%s`\n\n%s", e.Traits, e.Doc)
		}
	}
	return ""
}

// explainAttr explains an attribute of a block.
func (x *index) explainAttr(m *manifest, b *outline.Block, attr string) string {
	entries := reference.DescribeBlockAttrs(b.Type.Text)
	if k := x.kind(b.Type.Text); k != nil {
		entries = reference.DescribeAttrs(k)
	}
	if about := describeEntry(entries, b.Type.Text, attr); about != "" {
		return about
	}
	if dir := sourceOf(m, b); dir != "" {
		return x.explainName(name{dir, "variable", attr})
	}
	return ""
}

func describeEntry(entries []reference.Entry, of, attr string) string {
	for _, e := range entries {
		if e.Name == attr {
			return fmt.Sprintf("`%s.%s` (%s)\n\n%s", of, e.Name, strings.ReplaceAll(e.Traits, "`", ""), e.Doc)
		}
	}
	return ""
}

// explainRef explains a step of a reference.
func (x *index) explainRef(m *manifest, r *outline.Ref, step int) string {
	switch root := r.Steps[0].Text; root {
	case "node":
		return x.explainFact(strings.TrimPrefix(r.String(), "node."))
	case "each":
		return "`each.key` and `each.value` are those of the element of `for_each`."
	case "path":
		return "`path.module` is the folder of the manifest."
	}
	n, at, ok := x.named(m, r, step)
	if !ok {
		return ""
	}
	if k := x.kind(n.what); k != nil && step > at {
		for _, verb := range k.Verbs {
			if r.Steps[step].Text == verb {
				return fmt.Sprintf("`%s` is an action of `%s`.", verb, address(n.what, n.text))
			}
		}
		if about := describeEntry(append(reference.DescribeAttrs(k), reference.DescribeComputed(k)...), k.Name, r.Steps[step].Text); about != "" {
			return about
		}
	}
	return x.explainName(n)
}

// explainName describes a declaration: its form, place and purpose.
func (x *index) explainName(n name) string {
	for _, at := range x.declarations(n) {
		line := at.m.text.Position(at.span.Start).Line + 1
		about := fmt.Sprintf("`%s`, declared at %s:%d", address(n.what, n.text), filepath.Base(at.m.path), line)
		if a := at.block.Attr("description"); a != nil && a.Plain {
			about += "\n\n" + a.Text
		}
		if k := x.kind(n.what); k != nil {
			return about + "\n\n" + reference.Summary(k)
		}
		return about + at.m.showSource(at.block, n)
	}
	return ""
}

// showSource shows the declaration of a value, if it is short and not sensitive.
func (m *manifest) showSource(b *outline.Block, n name) string {
	span := b.Span
	if n.what == "local" {
		a := b.Attr(n.text)
		span = outline.Span{Start: a.Name.Span.Start, End: a.Expr.End}
	}
	const most = 600
	if n.what == "secret" || b.Attr("sensitive") != nil || span.End-span.Start > most {
		return ""
	}
	return "\n\n```hcl\n" + string(m.text.Bytes()[span.Start:span.End]) + "\n```"
}

// explainFact explains an entry of node, or those below it.
func (x *index) explainFact(path string) string {
	var out []string
	for _, f := range x.facts {
		if f.Name == path || strings.HasPrefix(f.Name, path+".") || path == "node" || strings.HasPrefix(path, f.Name+".") {
			out = append(out, fmt.Sprintf("`node.%s` (%s): %s", f.Name, f.Type, f.Doc))
		}
	}
	return strings.Join(out, "\n\n")
}

// explainCall explains the function whose name is at an offset.
func explainCall(src []byte, offset int) (string, outline.Span) {
	word := outline.WordAt(src, offset)
	if word.End >= len(src) || src[word.End] != '(' || word.Start == word.End {
		return "", word
	}
	for _, e := range reference.DescribeFunctions() {
		if e.Name == string(src[word.Start:word.End]) {
			return fmt.Sprintf("`%s`\n\n%s", e.Traits, e.Doc), word
		}
	}
	return "", word
}
