package syntax

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxFor is the size in bytes up to which an error quotes a for expression in full.
const maxFor = 160

// explainFor rewrites an error in a for expression if its meaning is clear: it describes what is wrong with the form,
// and writes the correct expression with the author's own names.
func explainFor(d *hcl.Diagnostic, src []byte) bool {
	if !strings.Contains(d.Summary, "'for'") && !strings.HasPrefix(d.Summary, "Missing ") && d.Summary != "Invalid expression" {
		return false
	}
	tokens, _ := hclsyntax.LexConfig(src, d.Subject.Filename, hcl.InitialPos) // this function explains the lexer's errors
	f := forReader{src: src}
	if !f.find(tokens, d.Subject.Start.Byte) {
		return false
	}
	form := f.write(false)
	if _, diags := hclsyntax.ParseExpression([]byte(f.write(true)), "", hcl.InitialPos); diags.HasErrors() || len(f.causes) == 0 {
		return false
	}
	d.Summary, d.Detail = "Invalid 'for' expression", strings.Join(f.causes, " ")
	if len(form) <= maxFor {
		d.Detail += " Here: " + form + "."
	}
	if f.mark != nil {
		d.Subject, d.Context = f.mark, nil
	}
	return true
}

// forReader parses a for expression that the parser refuses.
type forReader struct {
	src    []byte
	causes []string   // the deviations from the form
	mark   *hcl.Range // the wrong word, if the parser marks another

	names                   []string
	list, key, value, where string
	braces                  bool
}

// find finds the for expression around a byte and reads it; false if there is none.
func (f *forReader) find(tokens hclsyntax.Tokens, at int) bool {
	i := slices.IndexFunc(tokens, func(t hclsyntax.Token) bool { return t.Range.End.Byte > at })
	for depth := 0; i >= 0; i-- {
		switch t := tokens[i]; {
		case t.Range.Start.Byte >= at:
		case closesPart(t):
			depth++
		case opensPart(t) && depth > 0:
			depth--
		case t.Type == hclsyntax.TokenOBrace && i > 0 && !expectsValue(tokens[i-1]): // the braces of a block
			return false
		case t.Type == hclsyntax.TokenOBrace || t.Type == hclsyntax.TokenOBrack:
			if inner := untilClosed(tokens[i+1:]); indexWord(inner, "for", "foreach") >= 0 {
				f.braces = t.Type == hclsyntax.TokenOBrace
				return f.read(inner)
			}
		case t.Type == hclsyntax.TokenIdent && string(t.Bytes) == "for" && depth == 0 && i > 0 && tokens[i-1].Type == hclsyntax.TokenEqual:
			f.causes = append(f.causes, "A for stands in brackets, which make a list, or in braces, which make an object.")
			f.braces, f.mark = false, t.Range.Ptr()
			return f.read(untilClosed(tokens[i:]))
		}
	}
	return false
}

// read reads the tokens between the brackets of a for expression.
func (f *forReader) read(tokens hclsyntax.Tokens) bool {
	at := indexWord(tokens, "for", "foreach")
	before, rest := tokens[:at], tokens[at+1:]
	if string(tokens[at].Bytes) == "foreach" {
		f.causes = append(f.causes, "The word is for.")
		f.mark = tokens[at].Range.Ptr()
	}
	if rest = f.readNames(rest); len(f.names) == 0 {
		return false
	}
	var list hclsyntax.Tokens
	list, rest = cutExpression(rest)
	f.list = f.text(list)
	if len(before) > 0 {
		f.causes = append(f.causes, "A for begins with the word for, and its result stands behind a colon.")
		f.mark = tokens[at].Range.Ptr()
		f.readResult(before, false)
		rest = f.readCondition(rest, false)
		return f.list != "" && len(rest) == 0
	}
	rest = f.readCondition(rest, true)
	switch {
	case len(rest) > 0 && rest[0].Type == hclsyntax.TokenColon:
		rest = rest[1:]
	case len(rest) > 0 && (rest[0].Type == hclsyntax.TokenFatArrow || rest[0].Type == hclsyntax.TokenComma || string(rest[0].Bytes) == "do"):
		rest = rest[1:]
		fallthrough
	default:
		f.causes = append(f.causes, "Between what a for goes through and its result stands a colon.")
	}
	rest = f.readCondition(rest, true)
	rest = f.readResult(rest, true)
	return f.list != "" && len(rest) == 0
}

// readNames reads the names of a for expression and the word behind them.
func (f *forReader) readNames(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	for i, t := range tokens {
		switch word := string(t.Bytes); {
		case word == "in":
			return tokens[i+1:]
		case word == "of" && len(f.names) > 0:
			f.causes = append(f.causes, "Behind the names of a for stands the word in.")
			return tokens[i+1:]
		case t.Type == hclsyntax.TokenIdent && len(f.names) < 2:
			f.names = append(f.names, word)
		case t.Type == hclsyntax.TokenOParen || t.Type == hclsyntax.TokenCParen:
			f.addCause("The names of a for have no parentheses.")
		case t.Type == hclsyntax.TokenComma:
		case (t.Type == hclsyntax.TokenFatArrow || t.Type == hclsyntax.TokenColon) && len(f.names) == 1 && i+2 < len(tokens) && string(tokens[i+2].Bytes) == "in":
			f.causes = append(f.causes, "Between the names of a for stands a comma.")
		case t.Type == hclsyntax.TokenFatArrow || t.Type == hclsyntax.TokenColon || t.Type == hclsyntax.TokenEqual:
			f.causes = append(f.causes, "Behind the names of a for stands the word in.")
			return tokens[i+1:]
		default:
			return nil
		}
	}
	return nil
}

// readCondition reads a condition, which belongs at the end; early: it is elsewhere.
func (f *forReader) readCondition(tokens hclsyntax.Tokens, early bool) hclsyntax.Tokens {
	if indexWord(tokens, "if", "when", "where", "unless") != 0 {
		return tokens
	}
	word := string(tokens[0].Bytes)
	condition, rest := cutExpression(tokens[1:])
	if f.where = f.text(condition); word == "unless" {
		f.where = "!(" + f.where + ")"
	}
	switch {
	case early:
		f.causes = append(f.causes, "The condition of a for stands at its end.")
		f.mark = tokens[0].Range.Ptr()
	case word != "if":
		f.causes = append(f.causes, "The condition of a for begins with the word if.")
		f.mark = tokens[0].Range.Ptr()
	}
	return rest
}

// readResult reads the result, and the condition after it.
func (f *forReader) readResult(tokens hclsyntax.Tokens, isLast bool) hclsyntax.Tokens {
	if inner := unwrapPair(tokens); inner != nil {
		f.causes = append(f.causes, "The result of a for that makes an object is NAME => VALUE, without braces of its own.")
		f.braces, tokens = true, inner
	}
	result, rest := cutExpression(tokens)
	f.value = f.text(result)
	if f.value == "" {
		f.value = f.names[len(f.names)-1]
	}
	isWord := indexWord(rest, "if", "when", "where", "unless") == 0
	if len(rest) > 0 && !isWord && f.value != "" {
		rest = f.readValue(rest)
	} else if f.braces {
		f.explainBraces()
	}
	if len(rest) > 0 && rest[0].Type == hclsyntax.TokenComma {
		f.addCause("Behind the result of a for stands no comma.")
		rest = rest[1:]
	}
	if isLast {
		rest = f.readCondition(rest, false)
	}
	return rest
}

// readValue reads the value after the first part of a result, if that part is a key.
func (f *forReader) readValue(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	sign, rest := tokens[0], tokens
	isArrow := len(tokens) > 1 && string(sign.Bytes) == "-" && string(tokens[1].Bytes) == ">"
	switch {
	case isArrow:
		rest = tokens[2:]
	case slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenFatArrow, hclsyntax.TokenEqual, hclsyntax.TokenColon, hclsyntax.TokenComma}, sign.Type):
		rest = tokens[1:]
	}
	value, behind := cutExpression(rest)
	if len(value) == 0 {
		return tokens
	}
	first := f.value
	f.value = f.text(value)
	if !f.braces && sign.Type == hclsyntax.TokenComma {
		f.causes = append(f.causes, "The result of a for is one value; two stand in brackets.")
		f.value = "[" + first + ", " + f.value + "]"
		return behind
	}
	f.key = first
	if !f.braces {
		f.addCause("A list has no names: a for that makes an object stands in braces.")
	}
	if sign.Type != hclsyntax.TokenFatArrow {
		f.addCause("In a for a name and its value have => between them.")
	}
	f.braces = true
	return behind
}

// explainBraces completes a for in braces whose results have no key.
func (f *forReader) explainBraces() {
	if len(f.names) == 2 {
		f.key = f.names[0]
		f.addCause("A for in braces makes an object, of NAME => VALUE.")
		return
	}
	f.braces = false
	f.addCause("A for in braces makes an object, of NAME => VALUE. A list is made in brackets.")
}

func (f *forReader) addCause(text string) {
	if !slices.Contains(f.causes, text) {
		f.causes = append(f.causes, text)
	}
}

// write writes the expression in the correct form; whole includes parts that span several lines.
func (f *forReader) write(whole bool) string {
	short := func(text string) string {
		if strings.Contains(text, "\n") && !whole {
			return "…"
		}
		return text
	}
	result := short(f.value)
	if f.key != "" {
		result = short(f.key) + " => " + result
	}
	if f.where != "" {
		result += " if " + short(f.where)
	}
	out := "for " + strings.Join(f.names, ", ") + " in " + short(f.list) + " : " + result
	if f.braces {
		return "{ " + out + " }"
	}
	return "[" + out + "]"
}

// text returns the source text of tokens.
func (f *forReader) text(tokens hclsyntax.Tokens) string {
	if len(tokens) == 0 {
		return ""
	}
	return strings.TrimSpace(string(f.src[tokens[0].Range.Start.Byte:tokens[len(tokens)-1].Range.End.Byte]))
}
