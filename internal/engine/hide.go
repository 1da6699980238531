package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
)

// mountKey begins the key of what is mounted at a path.
const mountKey = "mount:"

// refuseHiding returns the error of a change that hides something protected, which is there now: what is below the folder in whose place a
// mount is seen. See [resource.Review] for the paths.
func (p protection) refuseHiding(hides []string) error {
	if len(hides) == 0 {
		return nil
	}
	folder, mounted := strings.TrimSuffix(hides[0], "/")+"/", hides[1:]
	for _, key := range slices.Sorted(maps.Keys(p.by)) {
		path, hidden := strings.CutPrefix(key, mountKey)
		if hidden {
			hidden = slices.Contains(mounted, path)
		} else if path = pathOfProtected(key); path != "" && p.by[mountKey+path] == "" { // else it is what is mounted there
			hidden = strings.HasPrefix(path, folder) && (p.there == nil || p.there(path))
		}
		if hidden {
			return fmt.Errorf("cannot make the change: it would hide %s, which is protected by %s", path, p.by[key])
		}
	}
	return nil
}

// pathOfProtected returns the path that a key of something protected names; "": it names none.
func pathOfProtected(key string) string {
	for _, prefix := range []string{assembly.PathKey, withinKey, writesKey} {
		if path, ok := strings.CutPrefix(key, prefix); ok {
			return strings.TrimSuffix(path, "/")
		}
	}
	return ""
}
