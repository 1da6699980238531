package syntax

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// findNearEnd returns the error about a line that was meant to end the heredoc that opens at a range, but contains more
// than the marker, or a misspelt one; nil if there is none. A line with only the marker would have ended it.
func findNearEnd(src []byte, mark string, opened hcl.Range) *hcl.Diagnostic {
	pos := hcl.Pos{Line: opened.End.Line, Column: 1, Byte: opened.End.Byte}
	if mark == "" || pos.Byte > len(src) {
		return nil
	}
	for line := range bytes.Lines(src[pos.Byte:]) {
		text := strings.TrimRight(string(line), " \t\r\n")
		word := strings.TrimLeft(text, " \t")
		if wrong := describeNearEnd(word, mark); wrong != "" {
			indent := len(text) - len(word)
			at := hcl.Range{Filename: opened.Filename, Start: pos, End: pos}
			at.Start.Column, at.Start.Byte = 1+indent, pos.Byte+indent
			at.End.Column, at.End.Byte = at.Start.Column+len([]rune(word)), pos.Byte+len(text)
			return diag.Failure("Unclosed heredoc", fmt.Sprintf("The text that begins on line %d ends with a line that has %s alone. %s", opened.Start.Line, mark, wrong), &at)
		}
		pos.Line, pos.Byte = pos.Line+1, pos.Byte+len(line)
	}
	return nil
}

// describeNearEnd describes why a line does not end a heredoc; "" if it is a line of its text.
func describeNearEnd(word, mark string) string {
	rest, begins := strings.CutPrefix(word, mark)
	name := firstIdentifier(strings.Trim(word, `"'`))
	switch {
	case strings.TrimSpace(rest) == "" && begins:
		return ""
	case begins && strings.Trim(rest, " \t,;:.)]}\\\"'") == "":
		closing := strings.Trim(rest, " \t;:.\\\"'")
		if closing == "" {
			return fmt.Sprintf("Here %s stands behind it: leave it out.", strings.TrimSpace(rest))
		}
		return fmt.Sprintf("Here %s stands behind it: it belongs on the next line.", closing)
	case begins && (strings.HasPrefix(strings.TrimSpace(rest), "#") || strings.HasPrefix(strings.TrimSpace(rest), "//")):
		return "Here a comment stands behind it: it belongs on a line of its own."
	case len(mark) > 1 && name == strings.Trim(word, `"'`) && (strings.EqualFold(name, mark) || strings.Trim(word, `"'`) == mark):
		return fmt.Sprintf("Here stands %s instead.", word)
	case len(mark) > 1 && name == word && word == strings.ToUpper(word) && diag.Misspelt(word, []string{mark}) != "":
		return fmt.Sprintf("Here stands %s instead.", word)
	}
	return ""
}

// findSwallowed returns the error about a heredoc without an end that continues to the end of a later one with the same
// marker, so that its text includes the blocks between them; nil if there is none. HCL accepts such a heredoc.
func findSwallowed(c Chunk) *hcl.Diagnostic {
	if bytes.Count(c.data, []byte("<<")) < 2 {
		return nil
	}
	opener := regexp.MustCompile(`^\s*[A-Za-z_][\w-]*\s*=\s*<<-?([A-Za-z_][\w-]*)\s*$`)
	pos, opened, mark := c.start, hcl.Range{}, []byte(nil)
	for line := range bytes.Lines(c.data) {
		text := bytes.TrimSpace(line)
		isMarker := len(mark) > 0 && bytes.Equal(text, mark)
		var begins []byte
		if i := bytes.Index(line, []byte("<<")); i >= 0 && !isMarker {
			if m := opener.FindSubmatch(line); m != nil {
				begins = m[1]
				at := hcl.Pos{Line: pos.Line, Column: 1 + i, Byte: pos.Byte + i}
				end := len(bytes.TrimRight(line, " \t\r\n")) - i
				here := hcl.Range{Filename: c.Doc.Name, Start: at, End: hcl.Pos{Line: pos.Line, Column: at.Column + end, Byte: at.Byte + end}}
				if bytes.Equal(begins, mark) {
					return diag.Failure("Unclosed heredoc", fmt.Sprintf(
						"The text that begins here has no line with %s alone before line %d, where another one begins with the same marker.", mark, pos.Line), &opened)
				}
				if len(mark) == 0 {
					mark, opened = begins, here
				}
			}
		}
		if isMarker {
			mark = nil
		}
		pos.Line, pos.Byte = pos.Line+1, pos.Byte+len(line)
	}
	return nil
}
