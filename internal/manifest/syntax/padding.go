package syntax

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// padding returns the brackets that must be added before and after a piece to pair all of its brackets; ok is false if
// no padding does.
func padding(text string) (before, after string, ok bool) {
	tokens, diags := hclsyntax.LexConfig([]byte(text), "", hcl.InitialPos)
	var open []hclsyntax.TokenType
	for _, t := range tokens {
		switch top := len(open) - 1; t.Type {
		case hclsyntax.TokenQuotedNewline:
			return "", "", false
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote:
			open = append(open, t.Type)
		case hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote:
			open = open[:max(top, 0)]
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
			switch {
			case top >= 0 && open[top] == closes(t):
				open = open[:top]
			case top >= 0:
				return "", "", false
			default:
				before = string(rune(closes(t))) + before
			}
		}
	}
	for _, t := range slices.Backward(open) {
		closing := map[hclsyntax.TokenType]string{hclsyntax.TokenOBrace: "\n}", hclsyntax.TokenOBrack: "]", hclsyntax.TokenOParen: ")"}[t]
		if closing == "" { // a text ends with its line
			return "", "", false
		}
		after += closing
	}
	return before, after, !diags.HasErrors()
}

// parseTemplateLine parses a line of a template whose directives may begin or end on other lines.
func parseTemplateLine(text string) (words int, ok bool) {
	for _, form := range []string{text, text + "%{endfor}", text + "%{endif}", "%{for x in [0]}" + text, "%{if true}" + text, "%{if true}" + text + "%{endif}"} {
		template, diags := hclsyntax.ParseTemplate([]byte(form), "", hcl.InitialPos)
		if !diags.HasErrors() {
			return countWords(template), true
		}
		if !strings.Contains(text, "%{") {
			break
		}
	}
	return 0, false
}

// countWords counts the words that are values by themselves: without its quotes a text becomes such words, and none of
// them is a reference.
func countWords(root hclsyntax.Node) (n int) {
	_ = hclsyntax.VisitAll(root, func(node hclsyntax.Node) hcl.Diagnostics {
		switch t := node.(type) {
		case *hclsyntax.ScopeTraversalExpr:
			if len(t.Traversal) == 1 {
				n++
			}
		case *hclsyntax.Block:
			for i, r := range t.LabelRanges {
				if r.End.Byte-r.Start.Byte == len(t.Labels[i]) { // without quotes
					n++
				}
			}
		}
		return nil
	})
	return n
}
