package syntax

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// The parsers recurse once per bracket, and evaluation once per operator; a stack overflow ends a Go program without a
// chance to catch it. So nesting deeper than any author writes is refused before it is parsed.
const (
	maxBrackets  = 1000
	maxOperators = 50_000
)

func tooDeep(at hcl.Range) *hcl.Diagnostic {
	return diag.Failure("Nested too deep", fmt.Sprintf(
		"An expression or block nests more than %d brackets, or strings together more than %d operators.", maxBrackets, maxOperators), &at)
}

// CheckDepth refuses nesting that is too deep. It is the exact, slow way: it counts tokens.
func CheckDepth(tokens hclsyntax.Tokens) hcl.Diagnostics {
	if at := deepestOf(tokens).deep; at != nil {
		return hcl.Diagnostics{tooDeep(*at)}
	}
	return nil
}

// depth describes how deep a source nests: the most brackets open and the most operators pending at once, and the first
// place that was too deep.
type depth struct {
	brackets, operators int
	deep                *hcl.Range
}

// deepestOf counts as the scanner does.
func deepestOf(tokens hclsyntax.Tokens) depth {
	var d depth
	stack := []frame{{open: '{'}}
	pending := 0
	for _, t := range tokens {
		top := &stack[len(stack)-1]
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			top.ops++
			pending++
			stack = append(stack, frame{open: byte(t.Type)})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenTemplateSeqEnd:
			if len(stack) > 1 {
				pending -= top.ops
				stack = stack[:len(stack)-1]
			}
		case hclsyntax.TokenComma:
			pending -= top.ops
			top.ops = 0
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			if n := len(t.Bytes); n == 0 || t.Bytes[n-1] != '\n' {
				continue // the token of a comment includes the line end
			}
			if top.open == '{' {
				pending -= top.ops
				top.ops = 0
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit,
			hclsyntax.TokenDot, hclsyntax.TokenEllipsis, hclsyntax.TokenEOF:
		default:
			top.ops++
			pending++
		}
		d.brackets, d.operators = max(d.brackets, len(stack)), max(d.operators, pending)
		if d.deep == nil && (len(stack) > maxBrackets || pending > maxOperators) {
			d.deep = t.Range.Ptr()
		}
	}
	return d
}

// checkJSONDepth checks the nesting of a JSON manifest, and of the templates in
// its strings.
func checkJSONDepth(s source.Document) hcl.Diagnostics {
	depth := 0
	for i := 0; i < len(s.Data); i++ {
		switch s.Data[i] {
		case '{', '[':
			if depth++; depth > maxBrackets {
				return hcl.Diagnostics{tooDeep(hcl.Range{Filename: s.Name, Start: hcl.InitialPos, End: hcl.InitialPos})}
			}
		case '}', ']':
			depth = max(0, depth-1)
		case '"':
			end := stringEnd(s.Data, i)
			if diags := checkTemplateDepth(s.Name, s.Data[i:end]); diags.HasErrors() {
				return diags
			}
			i = end - 1
		}
	}
	return nil
}

// stringEnd returns the offset after the JSON string that begins at i.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"', '\n':
			return i + 1
		}
	}
	return len(data)
}

func checkTemplateDepth(name string, quoted []byte) hcl.Diagnostics {
	text := string(quoted)
	if len(text) < maxBrackets {
		return nil // cannot hold that many
	}
	var unquoted string
	if json.Unmarshal(quoted, &unquoted) == nil {
		text = unquoted
	}
	if !strings.Contains(text, "${") && !strings.Contains(text, "%{") {
		return nil
	}
	tokens, _ := hclsyntax.LexTemplate([]byte(text), name, hcl.InitialPos) // only nesting matters here
	return CheckDepth(tokens)
}
