package past

import (
	"encoding/json"
	"strings"

	"converge/internal/event"
	"converge/internal/resource"
)

// findPurged maps the keys of forgotten things to the resource whose purge has removed them in the same run. Things
// that stayed on the host have none.
func findPurged(forgot []string, changes []event.Event) map[string]string {
	out := map[string]string{}
	for _, key := range forgot {
		p, isPath := strings.CutPrefix(key, "path:")
		if part, _, ok := resource.CutPartKey(key); ok {
			p, isPath = part, true
		}
		for _, e := range changes {
			if isPath && e.Type == event.Applied && isPurgedBy(e, p) {
				out[key] = e.Resource
			}
		}
	}
	return out
}

// isPurgedBy reports whether a directory's change has removed an undeclared path, or a folder above it.
func isPurgedBy(e event.Event, p string) bool {
	for _, a := range e.Changes {
		var before []string
		if a.Name != "undeclared" || json.Unmarshal(a.Before, &before) != nil {
			continue
		}
		for _, gone := range before {
			if p == gone || strings.HasPrefix(p, strings.TrimSuffix(gone, "/")+"/") {
				return true
			}
		}
	}
	return false
}
