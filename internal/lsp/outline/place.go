package outline

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Place describes the surroundings of a cursor, by the text before it.
type Place struct {
	Blocks []string // the types of the enclosing blocks, the outer one first
	Attr   string   // the attribute whose value it is in; "": none
	Begins bool     // a block or an attribute may begin there
	Quoted bool     // it is in a text
	Nested int      // brackets and calls around it in the value
	Path   string   // the reference before the word at the cursor, as it is written: `module.web.`
	Word   string   // the part of a word before the cursor
}

// frame is an open block, bracket or text.
type frame struct {
	open  hclsyntax.TokenType
	block string // its type; "": no block
}

// Locate returns the place of an offset.
func Locate(src []byte, offset int) Place {
	before := src[Around(src, offset):offset]
	tokens, _ := hclsyntax.LexConfig(before, "", hcl.InitialPos) // an incomplete text is fine
	w := &locator{}
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenEOF {
			w.take(t)
		}
	}
	p := Place{Attr: w.attr}
	p.Path, p.Word = splitReference(string(before))
	for _, f := range w.open {
		switch {
		case f.block != "":
			p.Blocks = append(p.Blocks, f.block)
		case f.open != hclsyntax.TokenOQuote && f.open != hclsyntax.TokenOHeredoc:
			p.Nested++
		}
	}
	top := w.top()
	p.Quoted = top.open == hclsyntax.TokenOQuote || top.open == hclsyntax.TokenOHeredoc
	inBody := len(w.open) == 0 || top.block != ""
	p.Begins = inBody && w.attr == "" && len(w.line) == min(1, len(p.Word)) && p.Path == ""
	return p
}

// locator follows the tokens up to a cursor.
type locator struct {
	open []frame
	line []hclsyntax.Token // of the statement, in a body
	attr string
}

func (w *locator) top() frame {
	if len(w.open) == 0 {
		return frame{}
	}
	return w.open[len(w.open)-1]
}

func (w *locator) take(t hclsyntax.Token) {
	inBody := len(w.open) == 0 || w.top().block != ""
	switch t.Type {
	case hclsyntax.TokenOBrace:
		f := frame{open: t.Type}
		if inBody && w.attr == "" && len(w.line) > 0 {
			f.block = string(w.line[0].Bytes)
		}
		w.open = append(w.open, f)
		if f.block != "" {
			w.line = nil
		}
		return
	case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		w.open = append(w.open, frame{open: t.Type})
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		w.close()
	case hclsyntax.TokenNewline:
		if inBody {
			w.line, w.attr = nil, ""
		}
		return
	case hclsyntax.TokenComment:
		return
	case hclsyntax.TokenEqual:
		if inBody && w.attr == "" && len(w.line) == 1 {
			w.attr = string(w.line[0].Bytes)
		}
	}
	if inBody {
		w.line = append(w.line, t)
	}
}

// close closes the innermost frame. The end of a block also ends its statement and that statement's value.
func (w *locator) close() {
	if len(w.open) == 0 {
		return
	}
	if w.top().block != "" {
		w.line, w.attr = nil, ""
	}
	w.open = w.open[:len(w.open)-1]
}

// splitReference splits the end of a text into a reference up to its last dot, and a word.
func splitReference(s string) (path, word string) {
	at := len(s)
	for at > 0 && isWordByte(s[at-1]) {
		at--
	}
	word, rest := s[at:], s[:at]
	for start := at; strings.HasSuffix(rest, "."); path = s[start:at] {
		start = stepStart(rest[:len(rest)-1])
		if start == len(rest)-1 {
			break
		}
		rest = s[:start]
	}
	return path, word
}

// stepStart returns the offset of the last step of a text: a word, or brackets with a text in them.
func stepStart(s string) int {
	at := len(s)
	for strings.HasSuffix(s[:at], `"]`) {
		open := strings.LastIndex(s[:at], `["`)
		if open < 0 {
			return len(s)
		}
		at = open
	}
	for at > 0 && isWordByte(s[at-1]) {
		at--
	}
	return at
}

func isWordByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// WordAt returns the word around an offset, empty if there is none.
func WordAt(src []byte, offset int) Span {
	s := Span{offset, offset}
	for s.Start > 0 && isWordByte(src[s.Start-1]) {
		s.Start--
	}
	for s.End < len(src) && isWordByte(src[s.End]) {
		s.End++
	}
	return s
}
