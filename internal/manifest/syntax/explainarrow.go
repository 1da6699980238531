package syntax

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// here precedes the suggested replacement of a line: errors that differ only after it are the same mistake.
const here = " Here: "

// explainArrow describes an attribute that is set with an arrow, as in Puppet, and rewrites it in this language.
func (s spot) explainArrow() string {
	const form = "An attribute is set with an equals sign alone, and ends with its line, without a comma: NAME = VALUE."
	value := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(s.after, "=>")), ","))
	name, value := s.word, plainValue(value)
	switch {
	case value == "" || !hclsyntax.ValidIdentifier(name):
		return form
	case name == "ensure" && (value == `"running"` || value == `"stopped"`):
		name, value = "running", fmt.Sprint(value == `"running"`)
	case name == "enable":
		name = "enabled"
	case name == "ensure" && (value == `"file"` || value == `"directory"` || value == `"link"`):
		value = `"present"`
	}
	return fmt.Sprintf("%s%s%s = %s.", form, here, name, value)
}

// plainValue converts a literal of Puppet or Ruby to one of this language; "" if it is not a literal.
func plainValue(text string) string {
	switch {
	case regexp.MustCompile(`^(true|false|-?\d+(\.\d+)?)$`).MatchString(text):
		return text
	case regexp.MustCompile(`^:?[a-z][\w-]*$`).MatchString(text):
		return fmt.Sprintf("%q", strings.TrimPrefix(text, ":"))
	case text == "undef" || text == "nil":
		return "null"
	case regexp.MustCompile(`^'[^'"\\]*'$`).MatchString(text):
		return `"` + text[1:len(text)-1] + `"`
	case regexp.MustCompile(`^"[^"]*"$`).MatchString(text):
		return text
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		var list []string
		for part := range strings.SplitSeq(strings.Trim(text, "[] "), ",") {
			v := plainValue(strings.TrimSpace(part))
			if v == "" {
				return ""
			}
			list = append(list, v)
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return ""
}
