package syntax

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
)

// findInHeredocs returns the error about the first line of a heredoc whose sequences do not pair, if one character would
// fix it; nil if there is none. The lexer reads past the end of such a line and of the heredoc.
func (w *walk) findInHeredocs() *hcl.Diagnostic {
	opener := regexp.MustCompile(`<<-?([A-Za-z_][\w-]*)\s*$`)
	mark := ""
	number, at := 0, 0
	for line := range bytes.Lines(w.src) {
		number++
		text := strings.TrimRight(string(line), " \t\r\n")
		switch m := opener.FindStringSubmatch(text); {
		case mark != "" && strings.TrimSpace(text) == mark:
			mark = ""
		case mark != "":
			p := piece{text: text, start: hcl.Pos{Line: number, Column: 1, Byte: at}, in: hclsyntax.TokenOHeredoc}
			if d := w.describeTemplateLine(p); d != nil {
				return d
			}
		case m != nil && !strings.HasPrefix(strings.TrimSpace(text), "#"):
			mark = m[1]
		}
		at += len(line)
	}
	return nil
}

// describeTemplateLine returns the error about the missing character of a template line; nil if none is missing, or more than one.
func (w *walk) describeTemplateLine(p piece) *hcl.Diagnostic {
	fail := func(summary, detail string, from, to int) *hcl.Diagnostic {
		w.opened = p.start.Byte
		return diag.Failure(summary, detail, &hcl.Range{Filename: w.tokens[0].Range.Filename, Start: p.pos(from), End: p.pos(to)})
	}
	if m := regexp.MustCompile(`(?:^|[^%])%()\s*~?\s*(?:for|if|else|endfor|endif)\b[^{}]*}`).FindStringSubmatchIndex(p.text); m != nil {
		return fail("Missing opening brace", "A directive of a template begins with %{, and ends with }.", m[2], m[2])
	}
	if !strings.Contains(p.text, "${") && !strings.Contains(p.text, "%{") || isWholeTemplate(p) || w.tries > maxTries {
		return nil
	}
	w.tries++
	best, least, missing := -1, 0, byte(0)
	for _, c := range []struct {
		char  byte
		types []hclsyntax.TokenType
	}{
		{'"', []hclsyntax.TokenType{hclsyntax.TokenOQuote, hclsyntax.TokenCQuote}},
		{'}', []hclsyntax.TokenType{hclsyntax.TokenTemplateSeqEnd}},
		{')', []hclsyntax.TokenType{hclsyntax.TokenCParen}}, {']', []hclsyntax.TokenType{hclsyntax.TokenCBrack}},
		{'(', []hclsyntax.TokenType{hclsyntax.TokenOParen}}, {'[', []hclsyntax.TokenType{hclsyntax.TokenOBrack}},
	} {
		if i, n := p.seekMissing(c.char, c.types...); i >= 0 && (best < 0 || n < least) {
			best, least, missing = i, n, c.char
		}
	}
	if best < 0 {
		return nil
	}
	from, to := p.around(best, missing)
	switch missing {
	case '"':
		return fail("Missing quote", fmt.Sprintf("This text has no %s quote.", map[bool]string{true: "opening", false: "closing"}[from == best]), from, to)
	case '}':
		return fail("Missing closing brace", fmt.Sprintf("The %s that opens here has no }. A text that holds ${ itself is written with $${.", p.text[from:from+2]), from, to)
	}
	name := map[byte]string{')': "closing parenthesis", ']': "closing bracket", '(': "opening parenthesis", '[': "opening bracket"}[missing]
	return fail("Missing "+name, fmt.Sprintf("Here %c is missing, between ${ and }.", missing), best, best)
}

// isWholeTemplate reports whether the quotes and brackets of a template line are paired.
func isWholeTemplate(p piece) bool {
	tokens, _ := p.lex(p.text)
	var open []hclsyntax.TokenType
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, t.Type)
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
			if len(open) == 0 || open[len(open)-1] != closes(t) {
				return false
			}
			open = open[:len(open)-1]
		case hclsyntax.TokenCQuote, hclsyntax.TokenTemplateSeqEnd:
			if len(open) == 0 || (t.Type == hclsyntax.TokenCQuote) != (open[len(open)-1] == hclsyntax.TokenOQuote) {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}
