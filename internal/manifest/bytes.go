package manifest

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// cty brings every string into normal form C: "e" and a combining accent become
// one letter, and the content of a file becomes other bytes than the manifest
// holds. So text in another form is encoded before HCL sees it, and decoded
// where a content is written or a path is used; see [resource.EncodeText].

// keepBytes returns the text of a manifest with its strings encoded, so that
// they keep their bytes.
func keepBytes(s source) []byte {
	if !mayChange(s.data) || !utf8.Valid(s.data) {
		return s.data // HCL says where it is no text
	}
	if s.json {
		return []byte(keepEscapes(resource.EncodeText(string(s.data))))
	}
	tokens, diags := hclsyntax.LexConfig(s.data, s.name, hcl.InitialPos)
	if diags.HasErrors() {
		return s.data // the parser says the same
	}
	var out bytes.Buffer
	at := 0
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenQuotedLit && t.Type != hclsyntax.TokenStringLit {
			continue
		}
		text := resource.EncodeText(string(t.Bytes))
		if t.Type == hclsyntax.TokenQuotedLit {
			text = keepEscapes(text)
		}
		if text == string(t.Bytes) {
			continue
		}
		out.Write(s.data[at:t.Range.Start.Byte])
		out.WriteString(text)
		at = t.Range.End.Byte
	}
	out.Write(s.data[at:])
	return out.Bytes()
}

// mayChange reports whether there is anything in a manifest that cty could
// change: most have nothing but ASCII.
func mayChange(data []byte) bool {
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return bytes.Contains(data, []byte(`\u`)) || bytes.Contains(data, []byte(`\U`))
}

// keepEscapes does the same for letters that are written as \u0301.
func keepEscapes(text string) string {
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

// oneSpelling is a name as [resource.EncodeBytes] spells it.
func oneSpelling(name string) string {
	if plain := resource.DecodeBytes(name); plain != name {
		return resource.EncodeBytes(plain)
	}
	return name
}

// asWritten is a name as an expression spells it that has it between quotes.
func asWritten(name string) string {
	if plain := resource.DecodeBytes(name); plain != name {
		return resource.EncodeText(plain)
	}
	return name
}

// canonicalBytes gives every name of bytes one spelling, that of
// [resource.EncodeBytes]: things are known by their names.
func canonicalBytes(v cty.Value) (cty.Value, error) {
	switch {
	case v.Type() == cty.String && v.IsMarked():
		plain, marks := v.Unmark()
		out, err := canonicalBytes(plain)
		return out.WithMarks(marks), err
	case v.IsNull() || !v.IsKnown():
		return v, nil
	case v.Type() == cty.String:
		s := v.AsString()
		if plain := resource.DecodeBytes(s); plain != s {
			return cty.StringVal(resource.EncodeBytes(plain)), nil
		}
		return v, nil
	case !v.Type().IsCollectionType() && !v.Type().IsTupleType() || !holdsBytes(v):
		return v, nil
	}
	return cty.Transform(v, func(_ cty.Path, e cty.Value) (cty.Value, error) {
		if e.Type() != cty.String || e.IsMarked() {
			return e, nil
		}
		return canonicalBytes(e)
	})
}

// holdsBytes reports whether a string in a collection is encoded.
func holdsBytes(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) { // its callback returns no error
		e, _ = e.Unmark()
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			found = found || resource.DecodeBytes(e.AsString()) != e.AsString()
		}
		return !found, nil
	})
	return found
}
