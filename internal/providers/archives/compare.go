package archives

import (
	"path"
	"strings"

	"converge/internal/fsys"
)

// comparison is how a tree is compared with a list.
type comparison struct {
	uid, gid uint32
	times    bool                  // a file of the same size and time is the same
	skip     func(rel string) bool // what others decide about
}

// maxDiffering is how many paths that differ are named.
const maxDiffering = 100

// compare returns the paths of a list that are not in the tree as it has them, in order.
func (c comparison) compare(l *list, t *tree) (differing []string) {
	if t.top.UID != c.uid || t.top.GID != c.gid || t.top.Mode != topMode {
		differing = append(differing, ".")
	}
	for _, e := range l.entries {
		if !c.skip(e.Path) && !c.isSame(e, t.entries[e.Path]) {
			differing = append(differing, e.Path)
		}
	}
	return differing
}

// topMode is the mode of the folder that is unpacked to.
const topMode = 0o755

func (c comparison) isSame(e entry, live liveEntry) bool {
	if live.Ino == 0 || live.UID != c.uid || live.GID != c.gid {
		return false
	}
	switch e.Type {
	case folder:
		return live.Type == fsys.Directory && live.Mode == e.Mode
	case symlink:
		return live.Type == fsys.Symlink && live.target == e.Target
	}
	return live.Type == fsys.Regular && live.Mode == e.Mode && c.isSameContent(e, live)
}

// isSameContent compares files: by their digests, where the time does not tell.
func (c comparison) isSameContent(e entry, live liveEntry) bool {
	if live.Size != e.Size {
		return false
	}
	return c.times && live.MTime.Unix() == e.MTime && live.digest == "" || live.digest == e.Digest
}

// extras returns the paths in a tree that neither a list nor a site has; of a folder with
// all that is in it, only the folder.
func extras(l *list, t *tree, skip func(rel string) bool) (out []string) {
	holds := map[string]bool{} // folders with something that a site declares
	for _, rel := range t.order {
		if skip(rel) {
			for dir := above(rel); dir != "" && !holds[dir]; dir = above(dir) {
				holds[dir] = true
			}
		}
	}
	for _, rel := range t.order {
		if n := len(out); n > 0 && strings.HasPrefix(rel, out[n-1]+"/") {
			continue
		}
		if _, known := l.find(rel); !known && !skip(rel) && !holds[rel] {
			out = append(out, rel)
		}
	}
	return out
}

// skipIn returns whether a resource of its own decides about a path in a tree.
func (b *base) skipIn(at string) func(rel string) bool {
	return func(rel string) bool { return b.declared.isDeclared(path.Join(at, rel)) }
}
