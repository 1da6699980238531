package lsp

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/lsp/outline"
	"converge/internal/lsp/text"
	"converge/internal/lsp/wire"
	"converge/internal/reference"
)

// at calls a function with the document and the offset of a request, while nothing changes them. It answers nothing for
// a document that is not open.
func at(s *Server, p wire.At, answer func(m *manifest, offset int) (any, error)) (any, error) {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	m := s.space.find(p.Document.URI)
	if m == nil {
		return nil, nil
	}
	return answer(m, m.text.Offset(p.Position))
}

// definition answers with the declaration of the name at a place, or the file that a text names.
func (s *Server) definition(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, offset int) (any, error) {
		if n, _, ok := s.nameAt(m, offset); ok {
			return locations(s.declarations(n)), nil
		}
		if path := fileAt(m, offset); path != "" {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				path = s.firstIn(path)
			}
			return []wire.Location{{URI: uriOf(path)}}, nil
		}
		return []wire.Location{}, nil
	})
}

// firstIn returns the first manifest of a folder, or the folder if it has none.
func (s *Server) firstIn(dir string) string {
	for _, m := range s.space.folder(dir) {
		return m.path
	}
	return dir
}

// fileAt returns the file or folder beside the manifest that the value at an offset names, "" if there is none.
func fileAt(m *manifest, offset int) string {
	b := m.parsed().BlockAt(offset)
	if b == nil {
		return ""
	}
	for _, a := range b.Attrs {
		if a.Plain && a.Expr.Holds(offset) && a.Text != "" && !filepath.IsAbs(a.Text) {
			path := filepath.Join(filepath.Dir(m.path), a.Text)
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	return ""
}

// references answers with all occurrences of the name at a place.
func (s *Server) references(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, offset int) (any, error) {
		n, _, ok := s.nameAt(m, offset)
		if !ok {
			return []wire.Location{}, nil
		}
		spots := s.uses(n)
		if p.Context.Declaration {
			spots = append(s.declarations(n), spots...)
		}
		return locations(spots), nil
	})
}

func locations(spots []spot) []wire.Location {
	out := []wire.Location{}
	for _, at := range spots {
		out = append(out, wire.Location{URI: uriOf(at.m.path), Range: at.m.rangeOf(at.span)})
	}
	return out
}

func (m *manifest) rangeOf(s outline.Span) text.Range { return m.text.Range(s.Start, s.End) }

// documentSymbols answers with the declarations in a document.
func (s *Server) documentSymbols(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, _ int) (any, error) {
		out := []wire.DocumentSymbol{}
		d := m.parsed()
		for i := range d.Blocks {
			out = append(out, m.symbolOf(&d.Blocks[i]))
		}
		return out, nil
	})
}

func (m *manifest) symbolOf(b *outline.Block) wire.DocumentSymbol {
	out := wire.DocumentSymbol{Name: titleOf(b), Kind: symbolKind(b.Type.Text), Range: m.rangeOf(b.Span), Selection: m.rangeOf(b.Header)}
	for _, a := range b.Attrs {
		whole := outline.Span{Start: a.Name.Span.Start, End: a.Expr.End}
		out.Children = append(out.Children, wire.DocumentSymbol{
			Name: a.Name.Text, Kind: wire.SymbolProperty, Range: m.rangeOf(whole), Selection: m.rangeOf(a.Name.Span),
		})
	}
	for i := range b.Blocks {
		out.Children = append(out.Children, m.symbolOf(&b.Blocks[i]))
	}
	return out
}

// titleOf returns a block's title in an outline: the address of a resource.
func titleOf(b *outline.Block) string {
	if len(b.Labels) == 0 {
		return b.Type.Text
	}
	return address(b.Type.Text, b.Label())
}

func symbolKind(block string) wire.SymbolKind {
	switch block {
	case "variable", "output", "locals":
		return wire.SymbolVariable
	case "module":
		return wire.SymbolModule
	case "secret":
		return wire.SymbolKey
	}
	return wire.SymbolObject
}

// maxSymbols is the maximal number of symbols in one answer.
const maxSymbols = 500

// workspaceSymbols answers with the declarations in the workspace whose names contain a text.
func (s *Server) workspaceSymbols(_ context.Context, p struct {
	Query string `json:"query"`
},
) (any, error) {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	out := []wire.Symbol{}
	for _, m := range s.space.known() {
		d := m.parsed()
		for i := range d.Blocks {
			b := &d.Blocks[i]
			if title := titleOf(b); len(out) < maxSymbols && strings.Contains(strings.ToLower(title), strings.ToLower(p.Query)) {
				out = append(out, wire.Symbol{Name: title, Kind: symbolKind(b.Type.Text), Location: wire.Location{URI: uriOf(m.path), Range: m.rangeOf(b.Header)}})
			}
		}
	}
	return out, nil
}

// isModuleWord reports whether an attribute of a module block is not an input.
func isModuleWord(attr string) bool {
	for _, word := range reference.BlockAttributes("module") {
		if word == attr {
			return true
		}
	}
	return false
}
