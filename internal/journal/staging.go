package journal

import (
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
)

// stagingDirs returns the folders in which a change may stage files, if the key of its thing does not name them: a
// parameter of the kernel is a line of a file, and a time zone is a link and a file. They are the folders of all paths
// of the thing. The folders above are omitted, because a sweep searches those, too.
func stagingDirs(c resource.Change) []string {
	if c.Kind == nil || c.Kind.Links == nil || c.Want.IsNull() || strings.HasPrefix(c.Key, "path:") {
		return nil
	}
	l := c.Kind.Links(c.Want)
	keys := slices.Concat(l.Provides, l.Shares)
	for _, n := range l.Needs {
		if len(c.Secret) == 0 { // otherwise its path may be the secret
			keys = append(keys, n.Key)
		}
	}
	paths := slices.Concat(l.Within, l.Writes)
	for _, key := range keys {
		if p, ok := strings.CutPrefix(key, "path:"); ok {
			paths = append(paths, p)
		} else if p, _, ok := resource.CutPartKey(key); ok {
			paths = append(paths, p)
		}
	}
	var out []string
	for _, p := range paths {
		p = path.Clean(p)
		out = append(out, path.Dir(p), p) // a file, or the folder that contains it
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(slices.Clone(out), func(dir string) bool {
		return slices.ContainsFunc(out, func(o string) bool { return strings.HasPrefix(o, strings.TrimSuffix(dir, "/")+"/") })
	})
}
