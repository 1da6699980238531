package syntax

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
)

// ExplainTemplate reduces the errors about a template in a JSON text to one, at the missing character. text is the
// content between the quotes.
func ExplainTemplate(text string, at hcl.Range, diags hcl.Diagnostics) hcl.Diagnostics {
	start := hcl.Pos{Line: at.Start.Line, Column: at.Start.Column + 1, Byte: at.Start.Byte + 1}
	p := piece{text: text, start: start, in: hclsyntax.TokenOHeredoc}
	best, least, missing := -1, 0, byte(0)
	for _, c := range []struct {
		char byte
		is   hclsyntax.TokenType
	}{{'}', hclsyntax.TokenTemplateSeqEnd}, {')', hclsyntax.TokenCParen}, {']', hclsyntax.TokenCBrack}} {
		if i, n := p.seekMissing(c.char, c.is); i >= 0 && (best < 0 || n < least) {
			best, least, missing = i, n, c.char
		}
	}
	if best < 0 || strings.Contains(text, `\`) {
		return diags
	}
	name := map[byte]string{'}': "brace", ')': "parenthesis", ']': "bracket"}[missing]
	here := hcl.Range{Filename: at.Filename, Start: p.pos(best), End: p.pos(best)}
	return hcl.Diagnostics{diag.Failure("Missing closing "+name, fmt.Sprintf("Here %c is missing. A text that holds ${ itself, for another program, is written with $${.", missing), &here)}
}
