package syntax

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// opensPart reports whether a token opens a part that another token closes.
func opensPart(t hclsyntax.Token) bool {
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
		hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		return true
	}
	return false
}

func closesPart(t hclsyntax.Token) bool {
	switch t.Type {
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
		hclsyntax.TokenTemplateSeqEnd:
		return true
	}
	return false
}

// expectsValue reports whether a value follows a token, so that a brace after it begins an object.
func expectsValue(t hclsyntax.Token) bool {
	switch t.Type {
	case hclsyntax.TokenEqual, hclsyntax.TokenOParen, hclsyntax.TokenComma, hclsyntax.TokenOBrack, hclsyntax.TokenColon, hclsyntax.TokenFatArrow,
		hclsyntax.TokenQuestion, hclsyntax.TokenTemplateInterp:
		return true
	}
	return false
}

// untilClosed returns the tokens up to the one that closes an earlier bracket; if there is none, those of the line.
func untilClosed(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	depth, line := 0, -1
	for i, t := range tokens {
		switch {
		case opensPart(t):
			depth++
		case closesPart(t) && depth == 0:
			return trimTokens(tokens[:i])
		case closesPart(t):
			depth--
		case t.Type == hclsyntax.TokenNewline && line < 0 && depth == 0:
			line = i
		}
	}
	return trimTokens(tokens[:max(line, 0)])
}

// trimTokens removes line ends and comments around tokens.
func trimTokens(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	isBlank := func(t hclsyntax.Token) bool {
		return t.Type == hclsyntax.TokenNewline || t.Type == hclsyntax.TokenComment
	}
	for len(tokens) > 0 && isBlank(tokens[0]) {
		tokens = tokens[1:]
	}
	for len(tokens) > 0 && isBlank(tokens[len(tokens)-1]) {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}

// indexWord returns the position of the first of some words outside of brackets and texts; -1 if there is none.
func indexWord(tokens hclsyntax.Tokens, words ...string) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case opensPart(t):
			depth++
		case closesPart(t):
			depth--
		case depth == 0 && t.Type == hclsyntax.TokenIdent && slices.Contains(words, string(t.Bytes)):
			return i
		}
	}
	return -1
}

// cutExpression splits tokens after the first expression: it ends where a value is complete and the next token neither
// continues nor joins it.
func cutExpression(tokens hclsyntax.Tokens) (expr, rest hclsyntax.Tokens) {
	tokens = trimTokens(tokens)
	depth, complete, choices := 0, false, 0
	for i, t := range tokens {
		isCall := i > 0 && complete && (t.Type == hclsyntax.TokenOParen || t.Type == hclsyntax.TokenOBrack) && t.Range.Start.Byte == tokens[i-1].Range.End.Byte
		isAfterDot := i > 0 && tokens[i-1].Type == hclsyntax.TokenDot
		switch {
		case opensPart(t):
			if depth == 0 && complete && !isCall {
				return tokens[:i], trimTokens(tokens[i:])
			}
			depth++
		case closesPart(t):
			depth--
			complete = true
		case depth > 0:
		case t.Type == hclsyntax.TokenIdent || t.Type == hclsyntax.TokenNumberLit:
			if complete && !isAfterDot || !isAfterDot && slices.Contains([]string{"if", "when", "where", "unless", "do", "for"}, string(t.Bytes)) {
				return tokens[:i], trimTokens(tokens[i:])
			}
			complete = true
		case t.Type == hclsyntax.TokenQuestion:
			choices, complete = choices+1, false
		case t.Type == hclsyntax.TokenColon && choices > 0:
			choices, complete = choices-1, false
		case t.Type == hclsyntax.TokenNewline, t.Type == hclsyntax.TokenEllipsis:
		case slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenColon, hclsyntax.TokenComma, hclsyntax.TokenFatArrow, hclsyntax.TokenEqual}, t.Type):
			return tokens[:i], trimTokens(tokens[i:])
		case t.Type == hclsyntax.TokenMinus && i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenGreaterThan: // an arrow of PHP
			return tokens[:i], trimTokens(tokens[i:])
		default:
			complete = t.Type == hclsyntax.TokenStar && isAfterDot
		}
	}
	return tokens, nil
}

// unwrapPair returns the tokens between braces, if the braces enclose all tokens and contain a name and its value with
// => between them; nil if not.
func unwrapPair(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	if len(tokens) < 4 || tokens[0].Type != hclsyntax.TokenOBrace || tokens[len(tokens)-1].Type != hclsyntax.TokenCBrace {
		return nil
	}
	inner := untilClosed(tokens[1:])
	if len(inner) < len(tokens)-2 && len(trimTokens(tokens[1:len(tokens)-1])) != len(inner) {
		return nil
	}
	if _, rest := cutExpression(inner); len(rest) > 0 && rest[0].Type == hclsyntax.TokenFatArrow {
		return inner
	}
	return nil
}
