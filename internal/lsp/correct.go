package lsp

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"

	"converge/internal/lsp/text"
	"converge/internal/lsp/wire"
	"converge/internal/manifest/syntax"
)

// format answers with the edit that formats a document; none, if it does not parse.
func (s *Server) format(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, _ int) (any, error) {
		src := m.text.Bytes()
		out, diags := syntax.Format(bytes.Clone(src), m.path)
		if diags.HasErrors() {
			return nil, wire.Refuse("what does not parse cannot be formatted")
		}
		if bytes.Equal(src, out) {
			return []wire.Edit{}, nil
		}
		start, end := commonLines(src, out)
		return []wire.Edit{{Range: m.text.Range(start, len(src)-end), NewText: string(out[start : len(out)-end])}}, nil
	})
}

// commonLines returns the length in bytes of the whole lines that two texts share at the start and at the end.
func commonLines(a, b []byte) (start, end int) {
	for i := 0; i < min(len(a), len(b)) && a[i] == b[i]; i++ {
		if a[i] == '\n' {
			start = i + 1
		}
	}
	for i := 1; i <= min(len(a), len(b))-start && a[len(a)-i] == b[len(b)-i]; i++ {
		if i < min(len(a), len(b)) && a[len(a)-i-1] == '\n' && b[len(b)-i-1] == '\n' {
			end = i
		}
	}
	return start, min(end, min(len(a), len(b))-start)
}

// codeActions answers with a correction for each proposal in the diagnostics.
func (s *Server) codeActions(_ context.Context, p wire.CodeActions) (any, error) {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	out := []wire.CodeAction{}
	m := s.space.find(p.Document.URI)
	if m == nil {
		return out, nil
	}
	for _, d := range p.Context.Diagnostics {
		proposed := proposal(d.Message)
		if proposed == "" {
			continue
		}
		r, now, ok := correct(m.text, d.Range, proposed)
		if !ok {
			continue
		}
		out = append(out, wire.CodeAction{
			Title: "Change to " + now, Kind: "quickfix", Diagnostics: []wire.Diagnostic{d}, Preferred: true,
			Edit: &wire.WorkspaceEdit{Changes: map[string][]wire.Edit{p.Document.URI: {{Range: r, NewText: now}}}},
		})
	}
	return out, nil
}

// proposal returns the name that a message proposes, "" if it proposes none.
func proposal(message string) string {
	m := regexp.MustCompile(`[Dd]id you mean ("(?:[^"\\]|\\.)*"|[^ ?]+)\?`).FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	if plain, err := strconv.Unquote(m[1]); err == nil {
		return plain
	}
	return m[1]
}

// wordForms are the forms of a name in a manifest: in quotes, in brackets, after a dot.
const wordForms = `^(\.?)(\["|"|)([^"\]]*)("\]|"|)`

// correct returns the part of a range that is the wrong name, and its replacement. A dot may precede the name, quotes
// and brackets may surround it, and more text may follow.
func correct(t *text.Text, r text.Range, now string) (text.Range, string, bool) {
	start, end := t.Offset(r.Start), t.Offset(r.End)
	if end < start {
		return r, "", false
	}
	word := string(t.Bytes()[start:end])
	if strings.ContainsAny(word, "\n") {
		return r, "", false
	}
	m := regexp.MustCompile(wordForms).FindStringSubmatch(word)
	dot, open, name, closing := m[1], m[2], m[3], m[4]
	if open == "" {
		name, _, _ = strings.Cut(name, ".")
		if first, _, found := strings.Cut(name, " "); found { // the header of a block
			name = first
		}
	}
	from := start + len(dot)
	end = from + len(open) + len(name) + len(closing)
	switch {
	case open != "":
		now = open + escape(now) + closing
	case dot != "" && address("x", now) != "x."+now:
		from, now = start, strings.TrimPrefix(address("x", now), "x")
	case name == "":
		return r, "", false
	}
	return t.Range(from, end), now, true
}
