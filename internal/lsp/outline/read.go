package outline

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
)

// readBlock returns a block of a syntax tree.
func readBlock(b *hclsyntax.Block, src []byte) Block {
	out := Block{
		Type: Name{b.Type, spanOf(b.TypeRange)},
		Body: Span{b.OpenBraceRange.End.Byte, b.CloseBraceRange.Start.Byte},
		Span: Span{b.TypeRange.Start.Byte, b.CloseBraceRange.End.Byte},
	}
	out.Header = out.Type.Span
	for i, label := range b.Labels {
		s := spanOf(b.LabelRanges[i])
		out.Header.End = s.End
		if s.End-s.Start >= 2 && src[s.Start] == '"' {
			s = Span{s.Start + 1, s.End - 1}
		}
		out.Labels = append(out.Labels, Name{label, s})
	}
	for _, a := range b.Body.Attributes {
		out.Attrs = append(out.Attrs, readAttr(a))
	}
	slices.SortFunc(out.Attrs, func(a, b Attr) int { return cmp.Compare(a.Expr.Start, b.Expr.Start) })
	for _, in := range b.Body.Blocks {
		out.Blocks = append(out.Blocks, readBlock(in, src))
	}
	return out
}

func readAttr(a *hclsyntax.Attribute) Attr {
	out := Attr{Name: Name{a.Name, spanOf(a.NameRange)}, Expr: spanOf(a.Expr.Range())}
	if v, ok := syntax.Literal(a.Expr); ok && v.Type() == cty.String && !v.IsNull() {
		out.Text, out.Plain = v.AsString(), true
	}
	return out
}

// readRefs returns the references in a body, in order of place, including the variables of for expressions, which no
// declaration matches.
func readRefs(body *hclsyntax.Body) []Ref {
	var out []Ref
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		if e, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
			out = append(out, readRef(e.Traversal))
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Ref) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return out
}

func readRef(t hcl.Traversal) Ref {
	r := Ref{Span: spanOf(t.SourceRange())}
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			r.Steps = append(r.Steps, Step{Name: Name{s.Name, spanOf(s.SrcRange)}})
		case hcl.TraverseAttr:
			end := s.SrcRange.End.Byte
			r.Steps = append(r.Steps, Step{Name: Name{s.Name, Span{end - len(s.Name), end}}})
		case hcl.TraverseIndex:
			if s.Key.Type() != cty.String || s.Key.IsNull() || !s.Key.IsKnown() {
				return r
			}
			r.Steps = append(r.Steps, Step{Name: Name{s.Key.AsString(), spanOf(s.SrcRange)}, Indexed: true})
		default:
			return r
		}
	}
	return r
}

// NamesOf returns the names of a traversal's steps, up to one that has none.
func NamesOf(t hcl.Traversal) []string {
	var out []string
	r := readRef(t)
	for _, s := range r.Steps {
		out = append(out, s.Text)
	}
	return out
}
