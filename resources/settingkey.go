package resources

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// namedByList lets the attribute key of a setting also be a list of names.
func namedByList(attrs []resource.Attr) []resource.Attr {
	for i := range attrs {
		if attrs[i].Name == "key" {
			attrs[i].Type = cty.DynamicPseudoType // the wanted value has it as text
		}
	}
	return attrs
}

// preparingKey returns prepare for attributes whose key is a list: its last name is the key, and those before it are
// the section.
func preparingKey(prepare func(resource.Input) (map[string]cty.Value, error)) func(resource.Input) (map[string]cty.Value, error) {
	return func(in resource.Input) (map[string]cty.Value, error) {
		key, ok := in.Attrs["key"]
		if !ok || key.Type() == cty.String {
			return prepare(in)
		}
		names, err := namesOfKey(resource.GoValue(key))
		if err != nil {
			return nil, err
		}
		in.Attrs = maps.Clone(in.Attrs)
		in.Attrs["key"] = cty.StringVal(resource.EncodeText(names[len(names)-1]))
		section := names[:len(names)-1]
		switch _, set := in.Attrs["section"]; {
		case len(section) == 0:
		case set:
			return nil, attrError("section", "cannot be set together with a key of several names, which begin with those of the section")
		case isTypedFile(in.Attrs):
			in.Attrs["section"] = cty.StringVal(resource.EncodeText(joinNames(section)))
		case len(section) > 1:
			return nil, attrError("key", "must be the name of the section and that of the key: the format has no sections in sections")
		default:
			in.Attrs["section"] = cty.StringVal(resource.EncodeText(section[0]))
		}
		return prepare(in)
	}
}

// namesOfKey returns the names of a key that is not a text.
func namesOfKey(key any) ([]string, error) {
	list, _ := key.([]any)
	switch key.(type) {
	case []any:
	case bool, int, float64:
		return []string{fmt.Sprint(key)}, nil
	default:
		return nil, attrError("key", "must be a name, or a list of names")
	}
	names := make([]string, len(list))
	for i, e := range list {
		name, ok := e.(string)
		if !ok || name == "" {
			return nil, attrError("key", "must be a list of names, each in quotes and not empty")
		}
		names[i] = name
	}
	if len(names) == 0 {
		return nil, attrError("key", "must have a name")
	}
	return names, nil
}

// isTypedFile reports whether a setting belongs to a file whose values have types.
func isTypedFile(attrs map[string]cty.Value) bool {
	if f, ok := attrs["format"]; ok {
		return edit.Format(f.AsString()).IsTyped()
	}
	path, ok := attrs["path"]
	if !ok {
		return false
	}
	format, _ := edit.Known(path.AsString())
	return format.IsTyped()
}

// joinNames is the opposite of [splitNames].
func joinNames(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		if out[i] = n; strings.Contains(n, ".") || strings.HasPrefix(n, `"`) {
			out[i] = strconv.Quote(n)
		}
	}
	return strings.Join(out, ".")
}
