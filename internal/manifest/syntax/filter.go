package syntax

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// explainFilter rewrites the filters of a template, VALUE | upper | default("x"), as function calls; "" if a filter has
// no equivalent.
func (s spot) explainFilter() string {
	value := lastOperand(s.before)
	if value == "" || s.word != "|" || strings.HasPrefix(s.from, "||") {
		return ""
	}
	filter := regexp.MustCompile(`^\|\s*([A-Za-z_][\w.]*)\s*(?:\(([^()|]*)\))?\s*`)
	rest := s.from
	for strings.HasPrefix(rest, "|") {
		m := filter.FindStringSubmatch(rest)
		if m == nil {
			return ""
		}
		given := regexp.MustCompile(`'([^'"]*)'`).ReplaceAllString(strings.TrimSpace(m[2]), `"$1"`)
		if value = applyFilter(m[1], value, given); value == "" {
			return ""
		}
		rest = rest[len(m[0]):]
	}
	if s.isInSequence() {
		value = "${" + value + "}"
	}
	return fmt.Sprintf("A filter of a template is a function here, and the value stands between its parentheses: %s.", value)
}

// rephraseFilter rewrites an error about a filter of a template, or about a single quote in its argument; false for
// other errors.
func (s spot) rephraseFilter(d *hcl.Diagnostic) bool {
	if here := s.explainFilter(); here != "" {
		d.Summary, d.Detail = "No filters", here
		return true
	}
	filter, back, ok := s.filterBefore()
	if !ok || s.word != "'" {
		return false
	}
	at := *d.Subject
	at.Start.Byte, at.Start.Column = at.Start.Byte-back, at.Start.Column-back
	at.End = hcl.Pos{Line: at.Start.Line, Column: at.Start.Column + 1, Byte: at.Start.Byte + 1}
	d.Summary, d.Detail, d.Subject, d.Context = "No filters", filter.explainFilter(), &at, nil
	return true
}

// filterBefore returns the first filter before the word, and its distance in bytes; false if there is none.
func (s spot) filterBefore() (filter spot, back int, ok bool) {
	i := strings.LastIndex(s.before, "${")
	j := strings.Index(s.before[max(i, 0):], "|")
	if i < 0 || j < 0 {
		return spot{}, 0, false
	}
	i += j
	filter = spot{word: "|", before: s.before[:i], from: s.before[i:] + s.from, after: s.before[i+1:] + s.from}
	return filter, len(s.before) - i, filter.explainFilter() != ""
}

// applyFilter returns the function call that a filter corresponds to; "" if there is none.
func applyFilter(filter, value, given string) string {
	names := strings.Split(filter, ".") // ansible.builtin.upper
	filter = names[len(names)-1]
	for words, function := range map[string]string{
		"upper toupper uppercase upcase": "upper", "lower tolower lowercase downcase": "lower", "trim strip trimspace": "trimspace", "title capitalize": "title",
		"length count size len": "length", "to_json to_nice_json tojson toJson json jsonencode": "jsonencode", "from_json jsondecode": "jsondecode",
		"to_yaml to_nice_yaml toYaml yamlencode": "yamlencode", "from_yaml yamldecode": "yamldecode", "b64encode base64encode base64": "base64encode", "b64decode base64decode": "base64decode",
		"int float number tonumber": "tonumber", "string str tostring": "tostring", "bool tobool": "tobool", "sort": "sort", "unique uniq distinct": "distinct", "reverse": "reverse", "flatten": "flatten",
		"keys": "keys", "values": "values", "min": "min", "max": "max", "sum": "sum", "abs": "abs", "round floor": "floor", "ceil": "ceil", "basename": "basename", "dirname": "dirname",
		"sha256 sha256sum": "sha256", "md5": "md5", "sha1": "sha1", "urlencode": "urlencode", "chomp": "chomp", "compact": "compact", "any": "anytrue", "all": "alltrue", "quote": "jsonencode",
	} {
		if given == "" && isWordOf(filter, words) {
			if isWordOf(function, "min max") {
				value += "..."
			}
			return function + "(" + value + ")"
		}
	}
	for words, form := range map[string]string{
		"default d coalesce": "coalesce(%[1]s, %[2]s)", "replace": "replace(%[1]s, %[2]s)", "join": "join(%[2]s, %[1]s)", "split": "split(%[2]s, %[1]s)", "indent": "indent(%[2]s, %[1]s)",
		"combine merge": "merge(%[1]s, %[2]s)", "union": "setunion(%[1]s, %[2]s)", "intersect": "setintersection(%[1]s, %[2]s)", "difference": "setsubtract(%[1]s, %[2]s)",
		"contains": "contains(%[1]s, %[2]s)", "startswith": "startswith(%[1]s, %[2]s)", "endswith": "endswith(%[1]s, %[2]s)", "trimprefix": "trimprefix(%[1]s, %[2]s)", "trimsuffix": "trimsuffix(%[1]s, %[2]s)", "format": "format(%[1]s, %[2]s)",
	} {
		if given != "" && isWordOf(filter, words) {
			given, _, _ = strings.Cut(given, ", true") // Jinja's second argument: an empty text counts as undefined
			return fmt.Sprintf(form, value, given)
		}
	}
	switch hash := strings.Trim(given, `"`); {
	case filter == "join" && given == "":
		return fmt.Sprintf(`join("", %s)`, value)
	case filter == "first" && given == "":
		return value + "[0]"
	case filter == "last" && given == "":
		return fmt.Sprintf("reverse(%s)[0]", value)
	case filter == "map" && strings.HasPrefix(hash, "attribute"):
		return value + "[*]." + strings.Trim(strings.TrimPrefix(hash, "attribute"), `= "`)
	case filter == "hash" && isWordOf(hash, "sha256 sha1 md5 sha512"):
		return fmt.Sprintf("%s(%s)", hash, value)
	case filter == "regex_replace" && strings.HasPrefix(given, `"`):
		pattern, with, _ := strings.Cut(given[1:], `"`)
		return fmt.Sprintf(`replace(%s, "/%s/"%s)`, value, pattern, with)
	case filter == "ternary" && strings.Count(given, ",") == 1:
		yes, no, _ := strings.Cut(given, ",")
		return fmt.Sprintf("%s ? %s : %s", value, strings.TrimSpace(yes), strings.TrimSpace(no))
	}
	return ""
}

func isWordOf(word, words string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// lastOperand returns the expression at the end of a text, after the last opening character.
func lastOperand(text string) string {
	depth, quoted := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		c := text[i]
		switch {
		case c == '"' && (i == 0 || text[i-1] != '\\'):
			quoted = !quoted
		case quoted:
		case c == ')' || c == ']' || c == '}':
			depth++
		case depth > 0 && (c == '(' || c == '[' || c == '{'):
			depth--
		case depth == 0 && strings.IndexByte("([{,=?:", c) >= 0:
			return strings.TrimSpace(text[i+1:])
		}
	}
	return ""
}
