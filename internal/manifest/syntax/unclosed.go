package syntax

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// explain reduces the parser's errors to those that the author must fix. After a missing quote or brace the parser
// misreads the rest of the file: one error names the place, and the later ones are dropped.
func explain(c Chunk, diags hcl.Diagnostics) hcl.Diagnostics {
	if d := findBinary(c.Doc); d != nil {
		return hcl.Diagnostics{d}
	}
	if d := findOtherLanguage(c); d != nil {
		return hcl.Diagnostics{d}
	}
	for i, d := range diags {
		if rephrase(d, c.Doc.Data); d.Summary == invalidHeredoc {
			diags = diags[:i+1] // each line of its text would be an error
			break
		}
	}
	tokens, _ := hclsyntax.LexConfig(c.data, c.Doc.Name, c.start) // the parser reported its errors
	w := walk{tokens: tokens, src: c.Doc.Data}
	d := w.findMissing(diags)
	if d == nil {
		return mergeAlike(oneEachLine(diags))
	}
	out := slices.DeleteFunc(diags, func(e *hcl.Diagnostic) bool {
		return e.Subject == nil || e.Subject.Start.Byte >= w.opened || isConsequence(e)
	})
	return append(mergeAlike(oneEachLine(out)), d)
}

// Explain reduces the errors of HCL's parser about a text to those that its author must fix.
func Explain(name string, text []byte, diags hcl.Diagnostics) hcl.Diagnostics {
	return explain(Whole(source.Document{Name: name, Data: text}), diags)
}

// oneEachLine keeps one error a line: an invalid character causes the others.
func oneEachLine(diags hcl.Diagnostics) hcl.Diagnostics {
	best := map[int]*hcl.Diagnostic{}
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		if old := best[d.Subject.Start.Line]; old == nil || old.Summary != "Invalid character" && d.Summary == "Invalid character" {
			best[d.Subject.Start.Line] = d
		}
	}
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return d.Subject != nil && best[d.Subject.Start.Line] != d })
}

// mergeAlike merges errors with the same text: an author who does not know a form repeats the mistake on each line.
func mergeAlike(diags hcl.Diagnostics) hcl.Diagnostics {
	type text struct{ summary, detail string }
	lines := map[text][]string{}
	var out hcl.Diagnostics
	textOf := func(d *hcl.Diagnostic) text {
		rule, _, _ := strings.Cut(d.Detail, here)
		return text{d.Summary, rule}
	}
	for _, d := range diags {
		t := textOf(d)
		if len(lines[t]) == 0 {
			out = append(out, d)
		}
		if d.Subject != nil {
			lines[t] = append(lines[t], strconv.Itoa(d.Subject.Start.Line))
		}
	}
	for _, d := range out {
		switch others := lines[textOf(d)]; {
		case len(others) == 2:
			d.Detail += " The same is on line " + others[1] + "."
		case len(others) > 2:
			d.Detail += " The same is on the lines " + strings.Join(others[1:], ", ") + "."
		}
	}
	return out
}

// walk visits the tokens of a manifest and tracks the open brackets.
type walk struct {
	tokens hclsyntax.Tokens
	src    []byte
	open   []hclsyntax.Token
	opened int // offset of the unclosed token

	tries      int  // lines of heredocs that were searched for a character
	inSequence bool // the unclosed token is the ${ or %{ of a template

	// wide is the first ${ or %{ in a heredoc that is closed on another line: if the heredoc does not end, that }
	// belongs to a later sequence, and its own is missing.
	wide *hclsyntax.Token
}

// findMissing returns the error about a missing quote, brace, bracket or heredoc end, at its place; nil if all are
// paired. diags are the parser's errors.
func (w *walk) findMissing(diags hcl.Diagnostics) *hcl.Diagnostic {
	d := w.findUnclosed()
	if d != nil && !w.inSequence && isAboutBracket(d) {
		l := layout{walk: &walk{tokens: w.tokens, src: w.src}}
		if better := l.findBrace(); better != nil && better.Subject.Start.Byte <= d.Subject.Start.Byte {
			d, w.opened = better, l.opened
		}
	}
	h := walk{tokens: w.tokens, src: w.src}
	reported := func(at int) bool {
		return slices.ContainsFunc(diags, func(e *hcl.Diagnostic) bool {
			return e.Subject != nil && e.Subject.Start.Line == at || isConsequence(e)
		})
	}
	if in := h.findInHeredocs(); in != nil && (d == nil && reported(in.Subject.Start.Line) || d != nil && isBefore(in, d)) {
		d, w.opened = in, h.opened
	}
	return d
}

// isBefore reports whether an error in a heredoc explains another one about the same document.
func isBefore(in, d *hcl.Diagnostic) bool {
	return in.Subject.Start.Byte <= d.Subject.Start.Byte || d.Summary == "Unclosed heredoc"
}

// isConsequence reports whether an error only follows from something unclosed above it.
func isConsequence(e *hcl.Diagnostic) bool {
	return strings.HasPrefix(e.Summary, "Unclosed ") || strings.HasPrefix(e.Summary, "Missing end") || strings.HasPrefix(e.Summary, "Unexpected end")
}

func isAboutBracket(d *hcl.Diagnostic) bool {
	return strings.HasSuffix(d.Summary, " brace") || strings.HasSuffix(d.Summary, " bracket") || strings.HasSuffix(d.Summary, " parenthesis")
}

// findUnclosed returns the error about the first quote, brace, bracket or heredoc that is not
// closed, or closes nothing; nil if there is none.
func (w *walk) findUnclosed() *hcl.Diagnostic {
	for i, t := range w.tokens {
		switch t.Type {
		case hclsyntax.TokenQuotedNewline:
			return w.describeQuote(t)
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			w.open = append(w.open, t)
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if top := len(w.open) - 1; t.Type == hclsyntax.TokenTemplateSeqEnd && top > 0 && !isInQuote(w.open[top]) {
				return w.describeOpen(i, "before the } that ends the expression")
			}
			w.noteWide(t)
			w.open = w.open[:max(0, len(w.open)-1)]
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
			if d := w.close(i); d != nil {
				return d
			}
		case hclsyntax.TokenIdent:
			switch {
			case len(w.open) > 0 && w.isHeader(i):
				return w.describeOpen(i, fmt.Sprintf("before the next block begins on line %d", t.Range.Start.Line))
			case w.isAttributeInList(i):
				return w.describeOpen(i, fmt.Sprintf("before the attribute of line %d", t.Range.Start.Line))
			}
		}
	}
	if len(w.open) == 0 {
		return nil
	}
	return w.describeOpen(len(w.tokens)-1, "before the end of the file")
}

// noteWide notes a sequence of a heredoc that a token closes on another line.
func (w *walk) noteWide(t hclsyntax.Token) {
	n := len(w.open) - 1
	if w.wide == nil && n > 0 && t.Type == hclsyntax.TokenTemplateSeqEnd && w.open[n].Range.Start.Line != t.Range.Start.Line && w.open[n-1].Type == hclsyntax.TokenOHeredoc {
		opened := w.open[n] // its place is reused
		w.wide = &opened
	}
	if t.Type == hclsyntax.TokenCHeredoc {
		w.wide = nil
	}
}

// close removes the open brace, bracket or parenthesis that a token closes.
func (w *walk) close(i int) *hcl.Diagnostic {
	t := w.tokens[i]
	if !slices.ContainsFunc(w.open, func(o hclsyntax.Token) bool { return o.Type == closes(t) }) {
		if d := w.findOpening(i); d != nil {
			return d
		}
		w.opened = t.Range.Start.Byte
		return diag.Failure("Unexpected "+nameOf(t), fmt.Sprintf("This %s closes nothing: each one above it is closed already.", nameOf(t)), &t.Range)
	}
	if d := w.describeWrongClosing(t); d != nil {
		return d
	}
	if top := w.open[len(w.open)-1]; closes(t) != top.Type {
		return w.describeOpen(i, fmt.Sprintf("before the %s of line %d", nameOf(t), t.Range.Start.Line))
	}
	w.open = w.open[:len(w.open)-1]
	return nil
}

// describeOpen returns the error about the innermost bracket that is not closed before a token, placed at the last line
// that can be part of it.
func (w *walk) describeOpen(before int, where string) *hcl.Diagnostic {
	top := w.open[len(w.open)-1]
	w.opened = top.Range.Start.Byte
	line := top.Range.Start.Line
	if d := w.describeTextLeftOpen(before); d != nil {
		return d
	}
	if isSequence := top.Type == hclsyntax.TokenTemplateInterp || top.Type == hclsyntax.TokenTemplateControl; isSequence || top.Type == hclsyntax.TokenOHeredoc && w.wide != nil {
		if w.wide == nil {
			w.wide = &top
		}
		if p := w.linePiece(w.wide.Range.Start); p.in == hclsyntax.TokenOHeredoc {
			if d := w.describeInLine(p, top.Range.Filename); d != nil {
				return d
			}
		}
		return diag.Failure("Missing closing brace", fmt.Sprintf("The %s that opens here has no }. A text that holds ${ itself is written with $${.", nameOf(*w.wide)), &w.wide.Range)
	}
	if top.Type == hclsyntax.TokenOHeredoc {
		mark := strings.TrimSpace(strings.TrimLeft(string(top.Bytes), "<-"))
		if d := findNearEnd(w.src, mark, top.Range); d != nil {
			return d
		}
		return diag.Failure("Unclosed heredoc", fmt.Sprintf("The text that begins here has no line with %s alone, which ends it.", mark), trimEnd(top.Range))
	}
	at := top.Range
	for i := before - 1; i >= 0; i-- {
		if t := w.tokens[i]; t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			at = t.Range
			break
		}
	}
	at.Start = at.End
	return diag.Failure("Missing "+nameOfClosing(top), fmt.Sprintf("The %s that opens on line %d is not closed %s.", nameOf(top), line, where), &at)
}

// describeTextLeftOpen returns the error about a quoted text that began before the line of a token, with an unclosed
// sequence; nil if there is none, or if more than one character is missing.
func (w *walk) describeTextLeftOpen(before int) *hcl.Diagnostic {
	for _, o := range w.open {
		if o.Type == hclsyntax.TokenOQuote && o.Range.Start.Line < w.tokens[before].Range.Start.Line {
			return w.describeInLine(w.linePiece(o.Range.Start), o.Range.Filename)
		}
	}
	return nil
}

// describeQuote returns the error about a quoted text that is not closed on its line; end is the line end.
func (w *walk) describeQuote(end hclsyntax.Token) *hcl.Diagnostic {
	first := len(w.open) - 1
	for first > 0 && w.open[first-1].Range.Start.Line == end.Range.Start.Line && isInQuote(w.open[first-1]) {
		first--
	}
	t := w.open[first]
	w.opened = t.Range.Start.Byte
	at := hcl.Range{Filename: t.Range.Filename, Start: t.Range.Start, End: end.Range.Start}
	p := w.linePiece(t.Range.Start)
	if d := w.describeInLine(p, at.Filename); d != nil {
		return d
	}
	if first+1 < len(w.open) {
		w.inSequence = true
		return diag.Failure("Missing closing brace", noBraceInLine, &at)
	}
	return diag.Failure("Missing quote", noQuoteInLine, &at)
}

func isInQuote(t hclsyntax.Token) bool {
	return t.Type == hclsyntax.TokenOQuote || t.Type == hclsyntax.TokenTemplateInterp || t.Type == hclsyntax.TokenTemplateControl
}

// isHeader reports whether a token begins the first line of a top-level block, which is not indented.
func (w *walk) isHeader(i int) bool {
	if t := w.tokens[i]; t.Range.Start.Column != 1 || i > 0 && w.tokens[i-1].Type != hclsyntax.TokenNewline && w.tokens[i-1].Type != hclsyntax.TokenComment {
		return false
	}
	for _, t := range w.tokens[i+1:] {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote, hclsyntax.TokenIdent:
		default:
			return t.Type == hclsyntax.TokenOBrace
		}
	}
	return false
}

// isAttributeInList reports whether an attribute or a block begins inside an open list or call.
func (w *walk) isAttributeInList(i int) bool {
	if len(w.open) == 0 || i == 0 || w.tokens[i-1].Type != hclsyntax.TokenNewline || i+1 >= len(w.tokens) {
		return false
	}
	if next := w.tokens[i+1].Type; next != hclsyntax.TokenEqual && next != hclsyntax.TokenOBrace {
		return false
	}
	top := w.open[len(w.open)-1].Type
	return top == hclsyntax.TokenOBrack || top == hclsyntax.TokenOParen
}

// closes returns the type of the opening token that a token closes.
func closes(t hclsyntax.Token) hclsyntax.TokenType {
	switch t.Type {
	case hclsyntax.TokenCBrace:
		return hclsyntax.TokenOBrace
	case hclsyntax.TokenCBrack:
		return hclsyntax.TokenOBrack
	}
	return hclsyntax.TokenOParen
}

func nameOf(t hclsyntax.Token) string {
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenCBrace:
		return "brace"
	case hclsyntax.TokenOBrack, hclsyntax.TokenCBrack:
		return "bracket"
	case hclsyntax.TokenOParen, hclsyntax.TokenCParen:
		return "parenthesis"
	}
	return string(t.Bytes)
}

func nameOfClosing(t hclsyntax.Token) string {
	if t.Type == hclsyntax.TokenTemplateInterp || t.Type == hclsyntax.TokenTemplateControl {
		return "closing brace"
	}
	return "closing " + nameOf(t)
}

// trimEnd returns the range of a token without the line end.
func trimEnd(r hcl.Range) *hcl.Range {
	if r.End.Line > r.Start.Line {
		r.End = hcl.Pos{Line: r.Start.Line, Column: r.Start.Column + (r.End.Byte - r.Start.Byte - 1), Byte: r.End.Byte - 1}
	}
	return &r
}
