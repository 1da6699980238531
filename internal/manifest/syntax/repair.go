package syntax

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxRepaired is the longest piece that is searched for the place of a missing character: each place is tried, and each
// try parses the piece.
const maxRepaired = 600

// maxTries is how many pieces of a document are searched for a missing character: in a large one, many lines may look as
// if they lacked one.
const maxTries = 20

// piece is a part of a manifest that lacks one character, or has one too many.
type piece struct {
	text  string
	start hcl.Pos
	in    hclsyntax.TokenType // the bracket or heredoc that is open where it begins; TokenNil: none
}

// lex returns the tokens of a text in the context of the piece.
func (p piece) lex(text string) (hclsyntax.Tokens, hcl.Diagnostics) {
	if p.in == hclsyntax.TokenOHeredoc {
		return hclsyntax.LexTemplate([]byte(text), "", hcl.InitialPos)
	}
	return hclsyntax.LexConfig([]byte(text), "", hcl.InitialPos)
}

// linePiece returns the line at a place as a piece; w.open holds the brackets that are open there.
func (w *walk) linePiece(at hcl.Pos) piece {
	return w.piece(at.Byte, at.Byte, at.Line)
}

// piece returns the text from the line of one offset to the end of the line of another; line is the number of the first.
func (w *walk) piece(from, to, line int) piece {
	from = bytes.LastIndexByte(w.src[:from], '\n') + 1
	end := len(w.src)
	if n := bytes.IndexByte(w.src[to:], '\n'); n >= 0 {
		end = to + n
	}
	p := piece{text: string(w.src[from:end]), start: hcl.Pos{Line: line, Column: 1, Byte: from}}
	for _, o := range w.open {
		if o.Range.Start.Byte < from && !isInQuote(o) {
			p.in = o.Type
		}
	}
	return p
}

// missing returns where a character must be inserted for the piece to parse: of several places the least odd one, and of
// these the first. -1: there is none, or the piece is too long.
func (p piece) missing(char byte, types ...hclsyntax.TokenType) int {
	i, _ := p.seekMissing(char, types...)
	return i
}

// seekMissing is missing, and also returns how odd the place is.
func (p piece) seekMissing(char byte, types ...hclsyntax.TokenType) (best, least int) {
	best = -1
	if len(p.text) > maxRepaired {
		return best, 0
	}
	for i := range len(p.text) + 1 {
		if !isBoundary(p.text, i) {
			continue
		}
		text := p.text[:i] + string(char) + p.text[i:]
		is := p.typeAt(text, i)
		if !slices.Contains(types, is) {
			continue
		}
		if words, ok := p.parse(text); ok {
			if n := words + oddities(text, i, is); best < 0 || n < least {
				best, least = i, n
			}
		}
	}
	return best, least
}

// superfluous returns the place of a character without which the piece parses; -1 if there is none.
func (p piece) superfluous(char byte) int {
	if len(p.text) > maxRepaired {
		return -1
	}
	for i := len(p.text) - 1; i >= 0; i-- {
		if p.text[i] == char {
			if _, ok := p.parse(p.text[:i] + p.text[i+1:]); ok {
				return i
			}
		}
	}
	return -1
}

// parse parses a piece within its context, and counts its words that are neither part of a text nor a reference.
func (p piece) parse(text string) (words int, ok bool) {
	if p.in == hclsyntax.TokenOHeredoc {
		return parseTemplateLine(text)
	}
	before, after, ok := padding(text)
	if !ok {
		return 0, false
	}
	if before != "" && p.in != hclsyntax.TokenOBrack && p.in != hclsyntax.TokenOParen {
		words = 2 // brackets mostly open and close in one line
	}
	forms := []string{"x = " + before + text + after, "x = {\n" + text + after + "\n}"}
	switch {
	case p.in == hclsyntax.TokenOBrack || p.in == hclsyntax.TokenOParen:
		forms = []string{"x = [\n" + before + text + after + "\n]"}
	case before == "":
		forms = []string{text + after, "x = {\n" + text + after + "\n}"}
	}
	for _, form := range forms {
		file, diags := hclsyntax.ParseConfig([]byte(form+"\n"), "", hcl.InitialPos)
		if !diags.HasErrors() {
			return words + countWords(file.Body.(*hclsyntax.Body)), true
		}
	}
	return 0, false
}

// pos returns the place of an offset in a piece.
func (p piece) pos(i int) hcl.Pos {
	before := p.text[:i]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return hcl.Pos{Line: p.start.Line + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(line), Byte: p.start.Byte + i}
}

// around returns the range of the token around an inserted character, including the delimiters of the text or the
// template sequence.
func (p piece) around(i int, char byte) (from, to int) {
	tokens, _ := p.lex(p.text[:i] + string(char) + p.text[i:])
	var open []hclsyntax.Token
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, t)
		case hclsyntax.TokenCQuote, hclsyntax.TokenTemplateSeqEnd:
			if len(open) == 0 {
				return i, i
			}
			switch begin := open[len(open)-1].Range.Start.Byte; {
			case t.Range.Start.Byte == i:
				return begin, i
			case begin == i:
				return i, t.Range.End.Byte - 1
			}
			open = open[:len(open)-1]
		}
	}
	return i, i
}
