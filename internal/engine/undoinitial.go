package engine

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// leaveToParts starts a file that is restored together with parts of it from its earlier content, and leaves the rest
// to these parts: its content was recorded before or after they were removed.
func leaveToParts(taken []RevertSource, undone [][]resource.RevertTarget) {
	inParts := map[string]bool{}
	for i, t := range taken {
		for _, u := range undone[i] {
			if !resource.WantsAbsent(cty.ObjectVal(u.Want)) {
				eachPartPath(t, u, func(path string) { inParts[path] = true })
			}
		}
	}
	if len(inParts) == 0 {
		return
	}
	for i, t := range taken {
		own, _ := strings.CutPrefix(t.Past.Key, assembly.PathKey)
		for _, u := range undone[i] {
			path := resource.Change{Want: cty.ObjectVal(u.Want)}.Path()
			_, hasInitial := t.Kind.Attr("initial")
			if _, hasContent := u.Want["content"]; hasContent && hasInitial && (inParts[own] || inParts[path]) {
				u.Want["initial"] = cty.True
			}
		}
	}
}

// eachPartPath calls f with the paths, as declared and as in the ledger, of files that contain a part that a target
// concerns.
func eachPartPath(t RevertSource, u resource.RevertTarget, f func(path string)) {
	keys := []string{t.Past.Key}
	if t.Kind.Links != nil && (u.Kind == "" || u.Kind == t.Kind.Name) {
		keys = append(keys, t.Kind.Links(cty.ObjectVal(u.Want)).Provides...)
	}
	for _, key := range keys {
		if path, _, ok := resource.CutPartKey(key); ok {
			f(path)
		}
	}
}
