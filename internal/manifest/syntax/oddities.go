package syntax

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// typeAt returns the type of the token at an offset.
func (p piece) typeAt(text string, i int) hclsyntax.TokenType {
	tokens, _ := p.lex(text)
	for _, t := range tokens {
		if t.Range.Start.Byte == i {
			return t.Type
		}
	}
	return hclsyntax.TokenNil
}

// oddities counts unusual neighbours of a character: a text rarely begins with a blank, and a name rarely touches a
// quote.
func oddities(text string, i int, is hclsyntax.TokenType) (n int) {
	before, after := byte(' '), byte('\n')
	if i > 0 {
		before = text[i-1]
	}
	if i+1 < len(text) {
		after = text[i+1]
	}
	opens := is != hclsyntax.TokenCQuote && is != hclsyntax.TokenTemplateSeqEnd
	switch isBlank := func(b byte) bool { return b == ' ' || b == '\t' }; {
	case opens && isBlank(after), !opens && isBlank(before):
		n++
	case is == hclsyntax.TokenOQuote && !strings.ContainsRune(" \t([{,=:+", rune(before)), is == hclsyntax.TokenCQuote && !strings.ContainsRune(" \t)]},:=\n+", rune(after)):
		n++
	}
	return n
}

// isBoundary reports whether a word may end or begin at an offset.
func isBoundary(text string, i int) bool {
	if i == 0 || i == len(text) || !isWordByte(text[i-1]) || !isWordByte(text[i]) {
		return true
	}
	root, _, isReference := strings.Cut(text[i:], ".")
	return isReference && slices.Contains([]string{"var", "local", "node", "each", "module"}, root)
}
