package syntax

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
)

// layout locates a missing brace by the indentation of the lines: the braces do not pair, so they alone do not show
// which one is missing.
type layout struct {
	*walk
	braces []openBrace
	tries  int // lines that were searched for a bracket
}

// openBrace is an open bracket.
type openBrace struct {
	at       hclsyntax.Token
	token    int
	indent   int  // of its line
	indented bool // the lines in it are indented more than its own
	entered  bool // a line in it has been visited
}

// findBrace returns the error about the first brace that is missing according to the indentation; nil if the indentation
// does not show it.
func (l *layout) findBrace() *hcl.Diagnostic {
	if mixesIndents(l.src) {
		return nil
	}
	indent := 0
	for i, t := range l.tokens {
		if l.beginsLine(i) && t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment && t.Type != hclsyntax.TokenEOF {
			indent = t.Range.Start.Column - 1
			if d := l.enterLine(i, indent); d != nil {
				return d
			}
		}
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen:
			follows := l.tokens[i+1].Type != hclsyntax.TokenNewline && l.tokens[i+1].Type != hclsyntax.TokenComment
			l.braces = append(l.braces, openBrace{at: t, token: i, indent: indent, indented: follows, entered: follows})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
			top := len(l.braces) - 1
			if d := l.closeInLine(i); d != nil {
				return d
			}
			if top < 0 || l.braces[top].at.Type != closes(t) {
				return nil // the pairs show it
			}
			l.braces = l.braces[:top]
		}
	}
	return nil
}

// beginsLine reports whether a token is the first of its line.
func (w *walk) beginsLine(i int) bool {
	return i == 0 || w.tokens[i-1].Type == hclsyntax.TokenNewline || w.tokens[i-1].Type == hclsyntax.TokenComment && bytes.HasSuffix(w.tokens[i-1].Bytes, []byte("\n"))
}

// enterLine compares the indentation of a line with that of the enclosing brace.
func (l *layout) enterLine(i, indent int) *hcl.Diagnostic {
	t, top := l.tokens[i], len(l.braces)-1
	closing := t.Type == hclsyntax.TokenCBrace || t.Type == hclsyntax.TokenCBrack || t.Type == hclsyntax.TokenCParen
	if top < 0 {
		if closing {
			return l.describeOpening(i, -1)
		}
		return nil
	}
	b := &l.braces[top]
	switch {
	case closing && closes(t) != b.at.Type:
	case closing && indent < b.indent:
		return l.describeClosing(*b, i, fmt.Sprintf("before the %s of line %d", nameOf(t), t.Range.Start.Line))
	case b.at.Type != hclsyntax.TokenOBrace:
	case closing && indent > b.indent && b.indented:
		return l.describeOpening(i, b.token)
	case closing:
	case !b.entered:
		b.entered, b.indented = true, indent > b.indent
	case b.indented && indent <= b.indent && t.Type == hclsyntax.TokenIdent:
		what := "attribute"
		if l.isHeader(i) {
			what = "next block begins on line"
			return l.describeClosing(*b, i, fmt.Sprintf("before the %s %d", what, t.Range.Start.Line))
		}
		return l.describeClosing(*b, i, fmt.Sprintf("before the %s of line %d", what, t.Range.Start.Line))
	}
	return nil
}

// describeClosing returns the error about a brace that is not closed before a token.
func (l *layout) describeClosing(b openBrace, before int, where string) *hcl.Diagnostic {
	w := *l.walk
	w.open = []hclsyntax.Token{b.at}
	d := w.describeOpen(before, where)
	l.opened = w.opened
	return d
}

// describeOpening returns the error about a closing brace without an opening one, at the nearest line above that looks
// like a header without a brace. after is the token of the enclosing open brace, -1: none.
func (l *layout) describeOpening(i, after int) *hcl.Diagnostic {
	column, nearest := l.tokens[i].Range.Start.Column, -1
	for k := i - 1; k > after; k-- {
		if !l.beginsLine(k) || l.endOfHeader(k) < 0 {
			continue
		}
		if l.tokens[k].Range.Start.Column == column {
			nearest = k
			break
		}
		if nearest < 0 && after < 0 {
			nearest = k
		}
	}
	if nearest < 0 {
		return nil
	}
	end := l.endOfHeader(nearest)
	l.opened = l.tokens[nearest].Range.Start.Byte
	from, to := l.tokens[nearest].Range, l.tokens[end].Range
	at := hcl.Range{Filename: to.Filename, Start: to.End, End: to.End}
	header := strings.TrimSpace(string(l.src[from.Start.Byte:to.End.Byte]))
	return diag.Failure("Missing opening brace", fmt.Sprintf("The brace of line %d closes what this line is to open: %s {", l.tokens[i].Range.Start.Line, header), &at)
}

// endOfHeader returns the last token of a line that could be the header of a block, or the beginning of an object,
// without its brace; -1 if the line that begins at a token is neither.
func (w *walk) endOfHeader(i int) int {
	if w.tokens[i].Type != hclsyntax.TokenIdent {
		return -1
	}
	for k := i + 1; k < len(w.tokens); k++ {
		switch t := w.tokens[k]; t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote, hclsyntax.TokenIdent:
		case hclsyntax.TokenEqual:
			if k == i+1 && (w.tokens[k+1].Type == hclsyntax.TokenNewline || w.tokens[k+1].Type == hclsyntax.TokenComment) {
				return k
			}
			return -1
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			return k - 1
		default:
			return -1
		}
	}
	return -1
}

// closeInLine returns the error about a line whose closing bracket closes an outer one, because its own opening bracket
// is missing in the line.
func (l *layout) closeInLine(i int) *hcl.Diagnostic {
	t, top := l.tokens[i], len(l.braces)-1
	if l.beginsLine(i) || top >= 0 && l.braces[top].at.Range.Start.Line == t.Range.Start.Line || l.tries > maxTries {
		return nil
	}
	l.tries++
	w := *l.walk
	for _, b := range l.braces {
		w.open = append(w.open, b.at)
	}
	d, at, instead := w.describeMissingOpening(w.linePiece(t.Range.Start), t), 0, ""
	switch {
	case d != nil:
		at, instead = d.Subject.Start.Byte, string(rune(closes(t)))+string(l.src[d.Subject.Start.Byte:])
	case top >= 0 && t.Type != hclsyntax.TokenCBrace && l.tokens[l.braces[top].token+1].Type == hclsyntax.TokenNewline:
		at, instead = t.Range.Start.Byte, string(l.src[t.Range.End.Byte:])
		d, w.opened = diag.Failure("Unexpected "+nameOf(t), fmt.Sprintf("This %s closes nothing in its line.", nameOf(t)), &t.Range), at
	default:
		return nil
	}
	whole := string(l.src[:at]) + instead
	tokens, _ := hclsyntax.LexConfig([]byte(whole), "", hcl.InitialPos)
	if rest := (&walk{tokens: tokens, src: []byte(whole)}).findUnclosed(); rest != nil {
		return nil // the manifest does not lack it
	}
	l.opened = w.opened
	return d
}

// mixesIndents reports whether some lines begin with tabs, and others with spaces.
func mixesIndents(src []byte) bool {
	return (bytes.Contains(src, []byte("\n\t"))) && bytes.Contains(src, []byte("\n  "))
}
