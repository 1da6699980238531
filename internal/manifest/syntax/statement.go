package syntax

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// isInStatement reports whether the word is in the head of a statement of another language, such as if … {. summary is
// the parser's error: in an expression, too, a line may begin with if or for.
func (s spot) isInStatement(summary string) bool {
	word := firstWord(s.before)
	switch {
	case !slices.Contains([]string{"if", "unless", "elsif", "elif", "case", "switch", "for", "foreach", "while", "until"}, word):
		return false
	case summary == "Invalid block definition":
		return true
	}
	line := strings.TrimRight(s.before+s.from, " \t\r")
	isHead := strings.HasSuffix(line, "{") || strings.HasSuffix(line, " then") || strings.HasSuffix(line, " do")
	return isHead && word != "for" && (summary == "Invalid character" || strings.HasPrefix(summary, "Invalid argument") || strings.HasPrefix(summary, "Argument or block"))
}

// explainStatement describes what to write in place of a statement.
func explainStatement(word string) string {
	if slices.Contains([]string{"for", "foreach", "while", "until"}, word) {
		return fmt.Sprintf("A manifest has blocks alone, and no %s. Several resources are made by for_each = VALUES in their block; a list is made of another by [for x in LIST : x.name].", word)
	}
	return fmt.Sprintf("A manifest has blocks alone, and no %s. Whether a block counts is said in it: when = CONDITION. A choice between values is CONDITION ? VALUE : OTHER, and several resources are made by for_each.", word)
}

// firstWordRange returns the range of the first word in the line of a range.
func (s spot) firstWordRange(r hcl.Range) *hcl.Range {
	indent := len(s.before) - len(strings.TrimLeft(s.before, " \t"))
	from := r.Start.Byte - len(s.before) + indent
	start := hcl.Pos{Line: r.Start.Line, Column: 1 + indent, Byte: from}
	n := len(firstWord(s.before))
	return &hcl.Range{Filename: r.Filename, Start: start, End: hcl.Pos{Line: start.Line, Column: start.Column + n, Byte: from + n}}
}

// lastValue returns the quoted text or the single word at the end of a line, as written; "" if the line ends otherwise.
func (s spot) lastValue() string {
	name := firstWord(s.before)
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s.before), name))
	if hclsyntax.ValidIdentifier(rest) {
		return rest
	}
	if len(rest) < 2 || rest[0] != '"' || strings.Index(rest[1:], `"`) != len(rest)-2 {
		return ""
	}
	return rest
}

// header returns a line that was meant as a block header, with its name in quotes.
func (s spot) header() string {
	words := strings.Fields(s.before)
	if len(words) == 2 && !strings.HasPrefix(words[1], `"`) {
		words[1] = fmt.Sprintf("%q", words[1])
	}
	return strings.Join(words, " ")
}

// nextText returns the first line after an offset that is not empty.
func nextText(src []byte, from int) string {
	return strings.TrimSpace(firstText(strings.Split(string(src[min(from, len(src)):min(from+200, len(src))]), "\n")))
}

// isValueStart reports whether a text as a whole is a plain value.
func isValueStart(text string) bool {
	switch text {
	case "true", "false", "null":
		return true
	}
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return true
	}
	return text != "" && strings.Trim(text, "0123456789.") == ""
}

// isRestOfValue reports whether the rest of the line continues a value, and does not begin another attribute.
func (s spot) isRestOfValue() bool {
	return strings.TrimSpace(s.from) != "" && !regexp.MustCompile(`^(,|\}|[\w-]+\s*=([^=]|$))`).MatchString(s.from)
}
