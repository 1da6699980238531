package manifest

import (
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/functions"
	"converge/internal/resource"
)

// functions returns the functions that need no module.
func (l *loader) functions() map[string]function.Function {
	out := functions.PureFunctions(l.met.Allow)
	out["immediately"] = l.types.timingFunc(resource.Immediately)
	out["before"] = l.types.timingFunc(resource.Before)
	return out
}
