package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
)

// mountKey is the prefix of the keys of mounts.
const mountKey = "mount:"

// refuseHiding returns the error of a change that hides something protected that exists now, below a folder that a
// mount covers. See [resource.Review] for the paths.
func (p protection) refuseHiding(hides []string) error {
	if len(hides) == 0 {
		return nil
	}
	folder, mounted := strings.TrimSuffix(hides[0], "/")+"/", hides[1:]
	for _, key := range slices.Sorted(maps.Keys(p.by)) {
		path, hidden := strings.CutPrefix(key, mountKey)
		if hidden {
			hidden = slices.Contains(mounted, path)
		} else if path = pathOfProtected(key); path != "" && p.by[mountKey+path] == "" { // otherwise it is the mount at that path
			hidden = strings.HasPrefix(path, folder) && (p.there == nil || p.there(path))
		}
		if hidden {
			return fmt.Errorf("cannot make the change: it would hide %s, which is protected by %s", path, p.by[key])
		}
	}
	return nil
}

// pathOfProtected returns the path in the key of a protected thing; "": it has none.
func pathOfProtected(key string) string {
	for _, prefix := range []string{assembly.PathKey, withinKey, writesKey} {
		if path, ok := strings.CutPrefix(key, prefix); ok {
			return strings.TrimSuffix(path, "/")
		}
	}
	return ""
}
