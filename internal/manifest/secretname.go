package manifest

import (
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// secretInKey returns the attribute whose sensitive text would appear in the key of the resource, or in another key or
// path in the state: the file that contains it, the home of a user, a group of a member. "": there is none.
func secretInKey(k *resource.Kind, want cty.Value, secret map[string]bool) string {
	if len(secret) == 0 || k.Links == nil {
		return ""
	}
	l := k.Links(want)
	if len(l.Provides) == 0 {
		return ""
	}
	kept := slices.Concat(l.Provides, l.Within, l.Writes, l.Folders, l.Guards, l.Whole)
	for name, v := range want.AsValueMap() {
		if secret[name] && (k.IsInKey(l.Provides[0], name, v) || slices.ContainsFunc(textsOf(v), func(text string) bool {
			return slices.ContainsFunc(kept, func(key string) bool { return isNamedBy(key, text) })
		})) {
			return name
		}
	}
	return ""
}

// textsOf returns a text, or the texts of a list.
func textsOf(v cty.Value) (out []string) {
	if v.IsNull() || resource.AsBlob(v) != nil {
		return nil
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		return []string{v.AsString()}
	case (ty.IsSetType() || ty.IsListType()) && ty.ElementType() == cty.String:
		for _, e := range v.AsValueSlice() {
			if !e.IsNull() {
				out = append(out, e.AsString())
			}
		}
	}
	return out
}

// isNamedBy reports whether a text is the name in a key, the last name of a path, or a folder above it.
func isNamedBy(key, text string) bool {
	if _, name, ok := strings.Cut(key, ":"); ok && !strings.HasPrefix(key, "/") {
		key = name
	}
	key, text = strings.TrimSuffix(key, "/"), strings.TrimSuffix(text, "/")
	return text != "" && (key == text || path.Base(key) == text || strings.HasPrefix(text, "/") && strings.HasPrefix(key, text+"/"))
}
