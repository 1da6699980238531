package syntax

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxRepaired is how long a piece of a manifest may be in which a missing character is sought: each place in it is
// tried, and each try parses the whole.
const maxRepaired = 600

// maxTries is in how many pieces of a document a missing character is sought: a large one may have many lines that look as if they
// lacked one.
const maxTries = 20

// piece is a part of a manifest in which one character is missing, or is one too many.
type piece struct {
	text  string
	start hcl.Pos
	in    hclsyntax.TokenType // the bracket or heredoc that is open where it begins; TokenNil: none
}

// lex is the tokens of a text in the place of the piece.
func (p piece) lex(text string) (hclsyntax.Tokens, hcl.Diagnostics) {
	if p.in == hclsyntax.TokenOHeredoc {
		return hclsyntax.LexTemplate([]byte(text), "", hcl.InitialPos)
	}
	return hclsyntax.LexConfig([]byte(text), "", hcl.InitialPos)
}

// linePiece is the line of a place; the tokens before it tell what is open where it begins.
func (w *walk) linePiece(at hcl.Pos) piece {
	return w.piece(at.Byte, at.Byte, at.Line)
}

// piece is what stands from the line of one offset to the end of the line of another; line is the first one's number.
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

// missing is where a character is missing in a piece, so that it parses with it: of several places the one with the
// best looks, and of those the first. -1: there is no such place, or the piece is too long to try.
func (p piece) missing(char byte, types ...hclsyntax.TokenType) int {
	i, _ := p.seekMissing(char, types...)
	return i
}

// seekMissing is missing, and how odd the place looks.
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

// superfluous is where a character stands without which a piece parses; -1 if it stands nowhere.
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

// parse parses a piece with what surrounds it, and counts its words that are no part of a text and no reference.
func (p piece) parse(text string) (words int, ok bool) {
	if p.in == hclsyntax.TokenOHeredoc {
		return parseTemplateLine(text)
	}
	before, after, ok := padding(text)
	if !ok {
		return 0, false
	}
	if before != "" && p.in != hclsyntax.TokenOBrack && p.in != hclsyntax.TokenOParen {
		words = 2 // what closes in a line mostly opens in it
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

// pos is the place of an offset in a piece.
func (p piece) pos(i int) hcl.Pos {
	before := p.text[:i]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return hcl.Pos{Line: p.start.Line + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(line), Byte: p.start.Byte + i}
}

// around is the token around an offset at which something was put in, with what opens and closes it: the text or the
// sequence of a template.
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
