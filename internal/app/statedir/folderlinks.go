package statedir

import (
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// PathBelow is a path as it is called in the tree at root; "" if it is not below
// that.
func PathBelow(root, path string) string {
	below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/")+"/")
	if !ok {
		return ""
	}
	return "/" + below
}

// FindLinks are the links that a path leads through, its last part included.
func FindLinks(tree *fsys.FS, path string) (links []string) {
	const most = 40 // as the kernel has it, path_resolution(7)
	at, rest := "/", strings.Split(path, "/")
	for len(rest) > 0 && len(links) < most {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := tree.Lstat(next)
		switch {
		case err != nil:
			return links // nothing is there yet
		case info.Type != fsys.Symlink:
			at = next
			continue
		}
		text, err := tree.Readlink(next)
		if err != nil {
			return links
		}
		links = append(links, next)
		if filepath.IsAbs(text) {
			at = "/"
		}
		rest = append(strings.Split(text, "/"), rest...)
	}
	return links
}
