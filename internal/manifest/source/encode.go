package source

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/resource"
)

// cty converts every string to normal form C: "e" and a combining accent become one letter, and the content of a file
// would differ from the manifest's bytes. So a text in another form is encoded before HCL sees it, and decoded when a
// content is written or a path is used; see [resource.EncodeText].

// encodeStrings returns the text of a manifest with its strings encoded, so that they keep their bytes.
func encodeStrings(s Document) []byte {
	if !mayChange(s.Data) || !utf8.Valid(s.Data) {
		return s.Data // HCL reports where it is not text
	}
	if s.JSON {
		return []byte(encodeEscapes(resource.EncodeText(string(s.Data))))
	}
	tokens, diags := hclsyntax.LexConfig(s.Data, s.Name, hcl.InitialPos)
	if diags.HasErrors() {
		return s.Data // the parser reports the same
	}
	var out bytes.Buffer
	at := 0
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenQuotedLit && t.Type != hclsyntax.TokenStringLit {
			continue
		}
		text := resource.EncodeText(string(t.Bytes))
		if t.Type == hclsyntax.TokenQuotedLit {
			text = encodeEscapes(text)
		}
		if text == string(t.Bytes) {
			continue
		}
		out.Write(s.Data[at:t.Range.Start.Byte])
		out.WriteString(text)
		at = t.Range.End.Byte
	}
	out.Write(s.Data[at:])
	return out.Bytes()
}

// mayChange reports whether a manifest contains anything that cty could change: most are ASCII.
func mayChange(data []byte) bool {
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return bytes.Contains(data, []byte(`\u`)) || bytes.Contains(data, []byte(`\U`))
}

// encodeEscapes does the same for letters written as \u0301.
func encodeEscapes(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	escape := regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|(?s:.))`)
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		if len(e) < 6 {
			return e
		}
		n, err := strconv.ParseUint(e[2:], 16, 32)
		if err != nil || n < utf8.RuneSelf || !utf8.ValidRune(rune(n)) {
			return e
		}
		letter := string(rune(n))
		if kept := resource.EncodeText(letter); kept != letter {
			return kept
		}
		return e
	})
}
