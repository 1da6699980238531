package syntax

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
)

const (
	noQuoteInLine = "This text has no closing quote on its line. Several lines are written with \\n, or as a heredoc, from <<-EOT to a line with EOT."
	noBraceInLine = "In this text, ${ or %{ has no } on the same line. A text that holds ${ itself is written with $${."
)

// describeInLine returns the error about a line whose quotes do not pair, at the missing or superfluous quote or brace;
// nil if no single one fixes it.
func (w *walk) describeInLine(p piece, filename string) *hcl.Diagnostic {
	mark := func(from, to int) *hcl.Range {
		w.opened = p.start.Byte // the whole line is misread
		return &hcl.Range{Filename: filename, Start: p.pos(from), End: p.pos(to)}
	}
	if i := p.missing('"', hclsyntax.TokenOQuote, hclsyntax.TokenCQuote); i >= 0 {
		from, to := p.around(i, '"')
		detail := noQuoteInLine
		switch {
		case from == i:
			detail = fmt.Sprintf("This text has no opening quote: \"%s.", p.text[from:to])
		case strings.TrimSpace(p.text[i:]) != "":
			detail = fmt.Sprintf("This text has no closing quote: %s\".", p.text[from:to])
		}
		return diag.Failure("Missing quote", detail, mark(from, to))
	}
	if i := p.missing('}', hclsyntax.TokenTemplateSeqEnd); i >= 0 {
		from, to := p.around(i, '}')
		w.inSequence = true
		detail := noBraceInLine
		if p.in == hclsyntax.TokenOHeredoc {
			detail = fmt.Sprintf("The %s that opens here has no }. A text that holds ${ itself is written with $${.", p.text[from:from+2])
		}
		return diag.Failure("Missing closing brace", detail, mark(from, to))
	}
	if i := p.superfluous('"'); i >= 0 {
		return diag.Failure("Unexpected quote", `This quote is one too many: the others of its line are paired. A quote in a text is written \".`, mark(i, i+1))
	}
	return nil
}

// findOpening returns the error about a closing bracket whose opening one is missing in the statement that it ends; nil
// if the statement is complete without it.
func (w *walk) findOpening(i int) *hcl.Diagnostic {
	closing := w.tokens[i]
	if d := w.describeWrongClosing(closing); d != nil {
		return d
	}
	if closing.Type == hclsyntax.TokenCBrace {
		return nil // the indentation locates it
	}
	for k := i - 1; k >= 0; k-- {
		if w.beginsLine(k) && w.tokens[k].Type == hclsyntax.TokenIdent && w.tokens[k+1].Type == hclsyntax.TokenEqual {
			from := w.tokens[k].Range.Start
			return w.describeMissingOpening(w.piece(from.Byte, closing.Range.Start.Byte, from.Line), closing)
		}
	}
	return nil
}

// describeMissingOpening returns the error about the missing opening bracket of a closing one in a piece; nil if it is
// not missing there.
func (w *walk) describeMissingOpening(p piece, closing hclsyntax.Token) *hcl.Diagnostic {
	offset := closing.Range.Start.Byte - p.start.Byte
	if _, whole := p.parse(p.text[:offset] + p.text[offset+1:]); whole {
		return nil
	}
	i := p.missing(byte(closes(closing)), closes(closing))
	if i < 0 || i > offset {
		return nil
	}
	w.opened = p.start.Byte
	at := hcl.Range{Filename: closing.Range.Filename, Start: p.pos(i), End: p.pos(i)}
	return diag.Failure("Missing opening "+nameOf(closing), fmt.Sprintf("The %s of line %d has no opening one: here it is missing.", nameOf(closing), closing.Range.Start.Line), &at)
}

// describeWrongClosing returns the error about a closing bracket of the wrong form, in place of the one that its line
// needs; nil if the form is right.
func (w *walk) describeWrongClosing(t hclsyntax.Token) *hcl.Diagnostic {
	if len(w.open) == 0 {
		return nil
	}
	top := w.open[len(w.open)-1]
	right := map[hclsyntax.TokenType]string{hclsyntax.TokenOBrace: "}", hclsyntax.TokenOBrack: "]", hclsyntax.TokenOParen: ")"}[top.Type]
	if top.Range.Start.Line != t.Range.Start.Line || right == "" || closes(t) == top.Type {
		return nil
	}
	p := w.linePiece(t.Range.Start)
	offset := t.Range.Start.Byte - p.start.Byte
	if before, _, ok := padding(p.text[:offset] + right + p.text[offset:]); ok && before == "" {
		return nil // it closes another bracket; the right one is missing
	}
	if _, ok := p.parse(p.text[:offset] + right + p.text[offset+1:]); !ok {
		return nil
	}
	w.opened = top.Range.Start.Byte
	return diag.Failure("Wrong "+nameOf(t), fmt.Sprintf("The %s that opens in this line is closed by %s.", nameOf(top), right), &t.Range)
}
