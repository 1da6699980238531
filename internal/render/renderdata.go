package render

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TemplateData is the data of a template with that text: .vars, which is empty if unset, .node, and each variable by
// its bare name, as users of other tools write it, unless that would hide the two. vars must be known and unmarked.
// node returns the node in the form of [resource.GoValue] for a template with that text; it is called only if the text
// can depend on it, and its result is shared and not copied.
func TemplateData(text string, vars cty.Value, node func(text string) any) map[string]any {
	data := map[string]any{"vars": map[string]any{}, "node": map[string]any{}}
	if v, ok := resource.GoValue(vars).(map[string]any); ok {
		maps.Copy(data, v)
		data["vars"], data["node"] = v, map[string]any{}
	}
	if seesNode(text) && node != nil {
		if v := node(text); v != nil {
			data["node"] = v
		}
	}
	return data
}

// seesNode reports whether a template can depend on node: it names it, or uses all of its data by a dot or a dollar
// sign alone.
func seesNode(text string) bool {
	if strings.Contains(text, "node") {
		return true
	}
	for at := strings.Index(text, "{{"); at >= 0 && at < len(text); at++ {
		if c := text[at]; c != '.' && c != '$' {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(text[at+1:]); next != '_' && next != '.' && !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			return true
		}
	}
	return false
}

// copyData copies the containers of plain data, and shares everything else.
func copyData(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copyData(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyData(e)
		}
		return out
	}
	return v
}
