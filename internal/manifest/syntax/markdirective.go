package syntax

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// markDirective moves the error about a %{ if } or %{ for } without an end to the directive.
func markDirective(d *hcl.Diagnostic, src []byte) {
	m := regexp.MustCompile(`^The (if|for) directive at .*:(\d+),(\d+)-(?:\d+,)?\d+ is missing`).FindStringSubmatch(d.Detail)
	if d.Summary != "Unexpected end of template" || m == nil {
		return
	}
	line, _ := strconv.Atoi(m[2])
	column, _ := strconv.Atoi(m[3])
	at := 0
	for n := 1; n < line; n++ {
		at += bytes.IndexByte(src[at:], '\n') + 1
	}
	text, _, _ := bytes.Cut(src[at:], []byte("\n"))
	i := len(string([]rune(string(text))[:column-1]))
	end := len(text)
	if n := bytes.IndexByte(text[i:], '}'); n >= 0 {
		end = i + n + 1
	}
	d.Summary, d.Detail = "Missing end"+m[1], fmt.Sprintf("What %%{ %s begins here ends with %%{ end%s }, which is missing.", m[1], m[1])
	start := hcl.Pos{Line: line, Column: column, Byte: at + i}
	d.Subject.Start, d.Subject.End = start, hcl.Pos{Line: line, Column: column + utf8.RuneCount(text[i:end]), Byte: at + end}
	d.Context = nil
}
