package render

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TemplateData is what a template of that text sees: .vars, which may be unset
// and is empty then, .node, and each variable by its bare name, as users of
// other tools write it, where that does not hide the two. vars must be known
// and unmarked. node returns what [resource.GoValue] makes of the node as a template of
// that text sees it; it is asked only if the text can tell, and what it returns is
// shared and not copied.
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

// seesNode reports whether a template can tell what node is: it names it, or
// takes hold of all of its data by a dot or a dollar sign on its own.
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

// copyData copies the containers of plain data; anything else is shared.
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
