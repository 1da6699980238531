package syntax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// jsonLine is a line of a text in JSON.
type jsonLine struct {
	text   string // without blanks around it
	start  int    // offset of its first letter
	end    int    // offset behind its last one
	indent int
	number int
}

func jsonLines(src []byte) []jsonLine {
	var out []jsonLine
	at, number := 0, 0
	for line := range bytes.Lines(src) {
		number++
		text := bytes.TrimLeft(line, " \t")
		indent := len(line) - len(text)
		if text = bytes.TrimRight(text, " \t\r\n"); len(text) > 0 {
			out = append(out, jsonLine{text: string(text), start: at + indent, end: at + indent + len(text), indent: indent, number: number})
		}
		at += len(line)
	}
	return out
}

// isOdd reports whether the quotes of a line are not paired.
func isOdd(l jsonLine) bool {
	return strings.Count(strings.ReplaceAll(l.text, `\"`, ""), `"`)%2 != 0
}

// describeJSONLine returns the error about a line of JSON whose quotes are not paired; "" if no single quote fixes it.
func describeJSONLine(l jsonLine) (summary, detail string, from, to int) {
	at := (jsonPiece{l}).missing('"')
	if at < 0 {
		return "", "", 0, 0
	}
	whole := l.text[:at] + `"` + l.text[at:]
	for i := 0; i < len(whole); i++ {
		if whole[i] != '"' {
			continue
		}
		end := stringEnd([]byte(whole), i)
		switch {
		case i == at:
			return "Missing quote", fmt.Sprintf("This text has no opening quote: %s.", whole[i:end]), l.start + i, l.start + end - 1
		case end-1 == at:
			return "Missing quote", fmt.Sprintf("This text has no closing quote: %s.", whole[i:end]), l.start + i, l.start + end - 1
		}
		i = end - 1
	}
	return "", "", 0, 0
}

// isJSONLine reports whether a line is a part of an object or of a list in JSON.
func isJSONLine(text string) bool {
	text = strings.TrimRight(text, ", \t")
	var after string
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd([]byte(text), i) - 1
		case '{':
			after = "}" + after
		case '[':
			after = "]" + after
		case '}', ']':
			if after == "" || after[0] != text[i] {
				return false
			}
			after = after[1:]
		}
	}
	return json.Valid([]byte("{"+text+after+"}")) || json.Valid([]byte("["+text+after+"]"))
}

// roleInJSON returns the role of a quote or bracket at an offset: it opens or closes a text.
func roleInJSON(text string, at int) hclsyntax.TokenType {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		end := stringEnd([]byte(text), i)
		if end-1 == at {
			return hclsyntax.TokenCQuote
		}
		i = end - 1
	}
	return hclsyntax.TokenOQuote
}
