package engine

import (
	"context"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// isFilled reports whether a file that converge made empty, as it does where only the mode of a
// file is declared, has a content by now. Nobody declared that, so it is not converge's to
// remove. gone is the file, declared absent.
func isFilled(ctx context.Context, gone *resource.Resource) bool {
	if _, isFile := gone.Kind.Attr("initial"); !isFile || !gone.WantsAbsent() {
		return false
	}
	empty, probe := resource.BytesBlob(nil), *gone
	probe.Want = gone.Kind.WantContent(gone.Want, empty)
	have, err := observe(ctx, &probe)
	if err != nil {
		return true // as long as it cannot be looked at
	}
	live := gone.Kind.Content(have)
	return live != nil && !live.Same(empty)
}

// whoseParts returns the paths of files of which a resource or an orphan of the run is a part:
// their content is that of these parts, too.
func (o *Options) whoseParts() map[string]bool {
	out := map[string]bool{}
	for _, res := range o.Resources {
		if path, _, ok := resource.CutPartKey(res.Key); ok {
			out[path] = true
		}
	}
	for _, orphan := range o.Orphans {
		if path, _, ok := resource.CutPartKey(orphan.Key); ok {
			out[path] = true
		}
		for _, path := range orphan.Within {
			out[path] = true
		}
	}
	return out
}

// pathOfKey returns the path of a thing that lies at one.
func pathOfKey(key string) string {
	path, _ := strings.CutPrefix(key, assembly.PathKey)
	return path
}
