package syntax

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// explainJSON merges HCL's errors about a text that is not JSON: HCL misreads the text after the first error, and places
// the error where it continues. The place returned is that of the first byte that is wrong.
func explainJSON(c Chunk, diags hcl.Diagnostics) hcl.Diagnostics {
	var at *json.SyntaxError
	if err := json.Unmarshal(c.data, new(any)); !errors.As(err, &at) {
		return diags[:1]
	}
	i := min(max(int(at.Offset)-1, 0), len(c.data))
	summary, detail, from, to := findMissingInJSON(c.data)
	if summary == "" {
		summary, detail, from, to = describeJSON(c.data, at.Error(), i)
	}
	return hcl.Diagnostics{diag.Failure(summary, detail, jsonRange(c, from, to).Ptr())}
}

// ExplainJSON merges the errors about a text that is not JSON, in the author's terms, for a text that is not a manifest.
func ExplainJSON(name string, text []byte, diags hcl.Diagnostics) hcl.Diagnostics {
	diags = explainJSON(Whole(source.Document{Name: name, Data: text, JSON: true}), diags)
	for _, d := range diags {
		d.Detail = strings.Replace(d.Detail, "A manifest in JSON", "A file in JSON", 1)
	}
	return diags
}

// describeJSON describes the error at a byte, and returns the range to mark.
func describeJSON(src []byte, msg string, i int) (summary, detail string, from, to int) {
	word := wordAt(src, i)
	before := len(bytes.TrimRight(src[:i], " \t\r\n"))
	last, next := byte(0), byte(0)
	if before > 0 {
		last = src[before-1]
	}
	if i < len(src) {
		next = src[i]
	}
	if start, ok := zeroBefore(src, i); ok {
		return "Number that begins with 0", describeZero(src, start), start, start + len(wordAt(src, start))
	}
	switch {
	case strings.Contains(msg, "unexpected end of JSON"):
		open := openBracket(src)
		if open < 0 {
			return "Missing value", "The file ends where a value is expected.", before, before
		}
		return "Missing closing bracket", fmt.Sprintf("What is opened by %c here is not closed before the end of the file.", src[open]), open, open + 1
	case next == '/' || next == '#':
		return "Comment in JSON", `JSON has no comments. Take it out, or keep it as a property named "//": { "//": "the web server" }. Native syntax (*.hcl) has comments with #.`, i, i + len(word)
	case next == '\'':
		return "Single quotes in JSON", "A text in JSON has double quotes: \"…\".", i, i + len(word)
	case strings.Contains(msg, "after object key:value pair") && next == ']', strings.Contains(msg, "after array element") && next == '}':
		return "Wrong bracket", "What { opens is closed by }, and what [ opens by ].", i, i + 1
	case strings.Contains(msg, "after object key:value pair") && next == ':' || strings.Contains(msg, "after array element") && next == ':':
		return "Colon in a list", "A colon stands behind the name of a property of an object, in { }; the elements of a list in [ ] have no names.", i, i + 1
	case strings.Contains(msg, "after object key:value pair"), strings.Contains(msg, "after array element"):
		return "Missing comma", "A comma is missing here: one stands between two properties of an object, and between two elements of a list.", before, before
	case (next == '}' || next == ']') && last == ',':
		return "Comma too many", "Behind the last property or element stands no comma.", before - 1, before
	case strings.Contains(msg, "after object key"):
		return "Missing colon", "Behind the name of a property stands a colon: \"mode\": \"0644\".", before, before
	case strings.Contains(msg, "looking for beginning of object key"):
		return "Name without quotes", fmt.Sprintf("The name of a property has double quotes: %q.", strings.TrimRight(word, ":=")), i, i + len(word)
	case next == '}' || next == ']' || next == ',':
		return "Missing value", "Here a value is missing. null leaves an attribute out.", i, i + 1
	case strings.Contains(msg, "in string literal"):
		return "Text that is not closed", `A text in JSON ends on its line, with a double quote. A line break in it is written \n.`, i, i
	case strings.Contains(msg, "escape"):
		return "Invalid escape", `In a text of JSON a backslash begins \n, \t, \", \\ or \uXXXX; a backslash itself is written \\.`, i, i + 1
	case strings.Contains(msg, "after top-level value"):
		return "Text behind the end", "A manifest in JSON is one object, in { }; this stands behind its end.", i, i + len(word)
	}
	start := i
	for start > 0 && isWordByte(src[start-1]) {
		start--
	}
	word = wordAt(src, start)
	return "Not a value of JSON", fmt.Sprintf("A text has double quotes: %q. Without them stand numbers, true, false and null.", word), start, start + len(word)
}

// zeroBefore returns the start of a number with a leading 0 before the digit at i, which JSON does not allow.
func zeroBefore(src []byte, i int) (start int, ok bool) {
	if i < 1 || i >= len(src) || src[i] < '0' || src[i] > '9' || src[i-1] != '0' {
		return 0, false
	}
	start = i - 1
	if start > 0 && src[start-1] == '-' {
		start--
	}
	return start, start == 0 || !isWordByte(src[start-1])
}

// describeZero explains how to write a number with a leading 0, or what the text is if it is not a number.
func describeZero(src []byte, start int) string {
	detail := "A number in JSON does not begin with 0."
	word := wordAt(src, start)
	if m := regexp.MustCompile(`"((?:\w*_)?mode|umask)"\s*:\s*$`).FindSubmatch(src[:start]); m != nil {
		return fmt.Sprintf("%s %s is a text: %q.", detail, diag.Capital(resource.WithArticle(string(m[1]))), word)
	}
	return fmt.Sprintf("%s A text has double quotes: %q.", detail, word)
}

// wordAt returns the word that begins at a byte, or at least that byte.
func wordAt(src []byte, i int) string {
	if i >= len(src) {
		return ""
	}
	line, _, _ := bytes.Cut(src[i:], []byte("\n"))
	if line = bytes.TrimRight(line, " \t\r"); len(line) > 0 && isWordByte(line[0]) {
		n := 0
		for n < len(line) && isWordByte(line[n]) {
			n++
		}
		return string(line[:n])
	}
	_, n := utf8.DecodeRune(src[i:])
	if src[i] == '/' || src[i] == '#' {
		n = max(1, len(line))
	}
	return string(src[i : i+n])
}

func isWordByte(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// openBracket returns the innermost bracket that is open at the end of a text; -1 if none is.
func openBracket(src []byte) int {
	var open []int
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '"':
			i = stringEnd(src, i) - 1
		case '{', '[':
			open = append(open, i)
		case '}', ']':
			open = open[:max(len(open)-1, 0)]
		}
	}
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

func jsonRange(c Chunk, from, to int) hcl.Range {
	pos := func(n int) hcl.Pos {
		before := c.data[:min(n, len(c.data))]
		line := before[bytes.LastIndexByte(before, '\n')+1:]
		return hcl.Pos{Line: c.start.Line + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(line), Byte: c.start.Byte + len(before)}
	}
	return hcl.Range{Filename: c.Doc.Name, Start: pos(from), End: pos(to)}
}

// explainJSONBlocks merges the errors about a JSON block that is not an object, and shows the correct form.
func (s *Schema) explainJSONBlocks(diags hcl.Diagnostics) hcl.Diagnostics {
	named := regexp.MustCompile(`(?:represents the (\S+) block's|is named "(.*?)")`)
	wrong := map[int]*hcl.Diagnostic{} // by line
	var out hcl.Diagnostics
	for _, d := range diags {
		kind := "file"
		if m := named.FindStringSubmatch(d.Detail); m != nil {
			kind = cmp.Or(m[1], m[2])
		}
		_, known := s.labels[kind]
		isObject := d.Subject == nil || d.Summary != "Incorrect JSON value type" && (d.Summary != "Missing block label" || !strings.Contains(d.Detail, "object property"))
		if d.Summary == "Extraneous JSON object property" {
			d.Summary = "Unsupported block type"
			isObject = !known
		}
		if isObject {
			out = append(out, d)
			continue
		}
		d.Summary = "Block that is no object"
		d.Detail = fmt.Sprintf("A block in JSON is an object, with its name and its attributes: %q: { \"NAME\": { … }, \"OTHER\": { … } }.", kind)
		if other := wrong[d.Subject.Start.Line]; other == nil {
			wrong[d.Subject.Start.Line] = d
			out = append(out, d)
		} else if d.Subject.Start.Byte < other.Subject.Start.Byte {
			*other = *d
		}
	}
	return out
}
