package abi

import (
	"path"
	"slices"
	"strings"
)

// runDir is a directory of a run path.
type runDir string

// splitRunPath splits a run path as the loader does. So a directory whose name holds
// a colon, ":installed" among them, cannot be in one: a package that wants to be
// relinked by a switch names the target's lib directory, or a link of another
// name that leads to FOO/:installed.
func splitRunPath(s string) []runDir {
	var out []runDir
	for p := range strings.SplitSeq(s, ":") {
		if p != "" {
			out = append(out, runDir(p))
		}
	}
	return out
}

// versionInside reports whether the directory is in a package, and in which of its
// versions: ".../FOO/1.0/lib".
func (p runDir) versionInside(foo string) (version string, ok bool) {
	parts := strings.Split(string(p), "/")
	for i := 0; i+1 < len(parts); i++ {
		if parts[i] == foo && parts[i+1] != "" {
			return parts[i+1], true
		}
	}
	return "", false
}

// isPinned reports whether a link leads into one version of a package, also while
// another one is installed: the first directory that names the package decides.
func (l Link) isPinned(foo, version string) bool {
	for _, p := range splitRunPath(l.RunPath) {
		if v, ok := p.versionInside(foo); ok {
			return v == version
		}
	}
	return false
}

// splitNeeded splits an entry of DT_NEEDED: a name to search for, or the path of a
// file, which is loaded from there and nowhere else.
func splitNeeded(s string) (dir, soname string) {
	if !strings.Contains(s, "/") {
		return "", s
	}
	return path.Dir(s), path.Base(s)
}

// cleanRunPath removes empty and meaningless parts.
func cleanRunPath(s string) string {
	parts := strings.Split(s, ":")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ":")
}
