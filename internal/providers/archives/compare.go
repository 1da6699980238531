package archives

import (
	"strings"

	"converge/internal/fsys"
)

// comparison is how a tree is compared with a list.
type comparison struct {
	uid, gid uint32
	times    bool                   // a file of the same size and time is the same
	claims   func(rel string) claim // what other resources decide
}

// maxDiffering is how many paths that differ are named.
const maxDiffering = 100

// compare returns the paths of a list that are not in the tree as it has them, in order.
func (c comparison) compare(l *list, t *tree) (differing []string) {
	if t.top.UID != c.uid || t.top.GID != c.gid || t.top.Mode != topMode {
		differing = append(differing, ".")
	}
	shared := c.findShared(l, t)
	for _, e := range l.entries {
		live, same := t.entries[e.Path], true
		claim := c.claims(e.Path)
		if claim == claimsNothing && e.Type == regular && shared[live.Ino] {
			claim = claimsAccess
		}
		switch claim {
		case claimsNothing:
			same = c.isSame(e, live)
		case claimsAccess:
			same = c.isUnpacked(e, live)
		}
		if !same {
			differing = append(differing, e.Path)
		}
	}
	return differing
}

// findShared returns the files, by inode, whose owner and mode other resources decide: a hard link has those of the
// file, regardless of the archive's.
func (c comparison) findShared(l *list, t *tree) map[uint64]bool {
	var out map[uint64]bool
	for _, e := range l.entries {
		live := t.entries[e.Path]
		if e.Type != regular || live.Links < 2 || c.claims(e.Path) != claimsAccess {
			continue
		}
		if out == nil {
			out = map[uint64]bool{}
		}
		out[live.Ino] = true
	}
	return out
}

// topMode is the mode of the folder that is unpacked to.
const topMode = 0o755

func (c comparison) isSame(e entry, live liveEntry) bool {
	if live.Ino == 0 || live.UID != c.uid || live.GID != c.gid {
		return false
	}
	return c.isUnpacked(e, live) && (e.Type == symlink || live.Mode == e.Mode)
}

// isUnpacked reports whether an entry is as it was unpacked, regardless of owner and mode.
func (c comparison) isUnpacked(e entry, live liveEntry) bool {
	switch e.Type {
	case folder:
		return live.Type == fsys.Directory
	case symlink:
		return live.Type == fsys.Symlink && live.target == e.Target
	}
	return live.Type == fsys.Regular && c.isSameContent(e, live)
}

// isSameContent compares files: by their digests, if the time does not suffice.
func (c comparison) isSameContent(e entry, live liveEntry) bool {
	if live.Size != e.Size {
		return false
	}
	return c.times && live.MTime.Unix() == e.MTime && live.digest == "" || live.digest == e.Digest
}

// extras returns the paths in a tree that neither a list nor a site has; of a folder with
// all that is in it, only the folder.
func extras(l *list, t *tree, claims func(rel string) claim) (out []string) {
	holds := map[string]bool{} // folders with something that a site declares
	for _, rel := range t.order {
		if claims(rel) != claimsNothing {
			for dir := above(rel); dir != "" && !holds[dir]; dir = above(dir) {
				holds[dir] = true
			}
		}
	}
	for _, rel := range t.order {
		if n := len(out); n > 0 && strings.HasPrefix(rel, out[n-1]+"/") {
			continue
		}
		if _, known := l.find(rel); !known && claims(rel) == claimsNothing && !holds[rel] {
			out = append(out, rel)
		}
	}
	return out
}
