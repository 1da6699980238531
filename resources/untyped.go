package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// What follows serves providers that do not read structs yet.

// MaxSize is [FileSource.SizeLimit].
func MaxSize(want cty.Value) int64 {
	e := resource.Must[Entry](want)
	return e.SizeLimit()
}
