package edit

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Bare is a value without quotes, as in the file, of a type that a manifest cannot express: a date, or a word that
// some readers of the file take for a boolean. It equals no string.
type Bare string

// bare returns the value of a node that some reader does not take for a string.
func (f yamlFile) bare(n *yaml.Node, value any) any {
	switch v := value.(type) {
	case time.Time:
		if f.Items != nil {
			return n.Value
		}
		return Bare(n.Value)
	case string:
		if f.Items == nil && n.Kind == yaml.ScalarNode && n.Style == 0 && isTypedElsewhere(v) {
			return Bare(v)
		}
	}
	return value
}

// bare returns a value with a date in it as in the file, and other values unchanged.
func (f tomlFile) bare(value any, src []byte, k tomlKey) any {
	if f.Items == nil && hasDate(value) {
		return Bare(src[k.from:k.to])
	}
	return tomlPlain(value)
}

// hasDate reports whether a value is a date or a time of TOML, or has one in it.
func hasDate(value any) bool {
	switch v := value.(type) {
	case fmt.Stringer:
		return true
	case []any:
		return slices.ContainsFunc(v, hasDate)
	case map[string]any:
		for _, e := range v {
			if hasDate(e) {
				return true
			}
		}
	}
	return false
}

// isUnquoted reports whether a value is [Bare].
func isUnquoted(v any) bool {
	_, ok := v.(Bare)
	return ok
}

// means reports whether a value that was read from a file has this text.
func (b Bare) means(value any) bool {
	if value == any(b) || value == any(string(b)) {
		return true
	}
	if tree, err := parseYAML([]byte(b)); err == nil && reflect.DeepEqual(tree, value) {
		return true
	}
	tree, err := parseTOML([]byte("x = " + string(b)))
	return err == nil && reflect.DeepEqual(at(tree, []string{"x"}), value)
}
