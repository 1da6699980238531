package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// explainFunction describes a word in the place of a function.
func explainFunction(name string, a action, data map[string]any) string {
	if here := otherWord(name); here != "" {
		return fmt.Sprintf("there is no %q here; it is %s", name, here)
	}
	known := slices.Concat(slices.Collect(maps.Keys(templateFuncs())), []string{
		"and", "or", "not", "len", "index", "slice", "call", "eq", "ne", "lt", "le", "gt", "ge",
	})
	near := nearest(name, known)
	first, _, _ := strings.Cut(strings.TrimSpace(a.text), "|")
	words := strings.Fields(first)
	isVariable := len(words) == 1 && strings.HasPrefix(words[0], name) ||
		len(words) == 2 && words[1] == name && !strings.HasSuffix(a.text, "| "+name)
	if v := nearest(name, slices.Collect(maps.Keys(data))); v != "" && (isVariable || near == "") {
		return fmt.Sprintf("there is no function %q, and a variable has a dot in front of it: {{ .%s }}", name, v)
	}
	switch {
	case near != "" && !isVariable:
		return fmt.Sprintf("there is no function %q in templates. Did you mean %q?", name, near)
	case near != "":
		return fmt.Sprintf("there is no function %q. Did you mean %q? A variable has a dot in front of it: {{ .%s }}", name, near, name)
	case isVariable || !strings.Contains(a.text, "|"):
		return fmt.Sprintf("there is no function %q, and a variable has a dot in front of it: {{ .%s }}", name, name)
	}
	return fmt.Sprintf("there is no function %q in templates; they are those of text/template and of sprig", name)
}

// otherWord is the equivalent of a word of other template languages; "" if there is none.
func otherWord(name string) string {
	for words, here := range map[string]string{
		"endif endfor endwhile endunless endeach endwith endblock fi done": "{{ end }}",
		"elif elsif elseif":        "{{ else if .NAME }}",
		"for foreach each loop":    "{{ range .items }}{{ . }}{{ end }}",
		"unless":                   "{{ if not .NAME }}",
		"include partial import":   `{{ template "NAME" . }}, of what {{ define "NAME" }} has made`,
		"assign var let":           "{{ $x := .port }}",
		"upcase uppercase ucfirst": "upper",
		"downcase lowercase":       "lower",
		"capitalize capitalise":    "title",
		"size length count":        "len",
		"strip chomp trimspace":    "trim",
		"to_json tojson json":      "toJson",
		"jsonencode":               "toJson",
		"sprintf format":           "printf",
		"base64encode b64encode":   "b64enc",
		"base64decode b64decode":   "b64dec",
		"startswith starts_with":   "hasPrefix",
		"endswith ends_with":       "hasSuffix",
		"regex_replace":            "regexReplaceAll",
		"gsub":                     "replace",
		"unique":                   "uniq",
		"nil null none None":       "null of the manifest, which {{ if .NAME }} takes for false",
		"True":                     "true",
		"False":                    "false",
	} {
		if slices.Contains(strings.Fields(words), name) {
			return here
		}
	}
	return ""
}

// nearest is the most similar of the names; "" if none is close.
func nearest(given string, names []string) string {
	best, limit := "", max(2, len(given)/3)+1
	if len(given) < len("port") {
		limit = 2 // of three letters one may differ
	}
	for _, n := range slices.Sorted(slices.Values(names)) {
		if d := levenshtein.Distance(given, n, nil); d < limit {
			best, limit = n, d
		}
	}
	return best
}
