package archives

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/unpack"
)

// The types of entries of a list.
const (
	folder  = "d"
	regular = "f"
	symlink = "l"
)

// entry is one thing that was unpacked.
type entry struct {
	Path   string `json:"p"` // in the tree; on disk in the form of resource.EncodeBytes
	Type   string `json:"t"`
	Mode   uint32 `json:"m,omitempty"`
	Size   int64  `json:"s,omitempty"`
	MTime  int64  `json:"at,omitempty"` // of a file, in seconds since 1970
	Target string `json:"to,omitempty"` // of a link
	Digest string `json:"sha256,omitempty"`
}

// header identifies the subject of a list.
type header struct {
	Path    string `json:"path"`           // of the archive: its key
	Version string `json:"version"`        // of what was unpacked
	Link    string `json:"link,omitempty"` // of the current version; the tree is then in a folder of its own
	UID     uint32 `json:"uid"`
	GID     uint32 `json:"gid"`

	// Ino and Born are the inode and the creation time of the top of the tree, which distinguish two versions whose
	// files have the same sizes and times. 0: not noted.
	Ino  uint64    `json:"ino,omitempty"`
	Born time.Time `json:"born,omitzero"`
}

// isOf reports whether a folder is the unpacked one. For a copy this is not known.
func (h *header) isOf(top fsys.Info) bool { return h.Ino != 0 && isMadeAt(top, h.Ino, h.Born) }

// noteTop notes the top of the tree.
func (h *header) noteTop(top fsys.Info) { h.Ino, h.Born = top.Ino, top.Born.UTC() }

// list is a whole tree, as it was unpacked.
type list struct {
	header
	entries []entry // in order of path
}

// find returns the entry at a path in the tree.
func (l *list) find(rel string) (entry, bool) {
	i, ok := slices.BinarySearchFunc(l.entries, rel, func(e entry, rel string) int { return cmp.Compare(e.Path, rel) })
	if !ok {
		return entry{}, false
	}
	return l.entries[i], true
}

// size counts the files of a list, and their bytes.
func (l *list) size() (files int, bytes int64) {
	for _, e := range l.entries {
		if e.Type != folder {
			files++
			bytes += e.Size
		}
	}
	return files, bytes
}

// lister makes a list of the unpacked entries.
type lister struct{ entries map[string]entry }

// add adds an entry of an archive; digest is that of a file.
func (l *lister) add(e unpack.Entry, digest string) {
	if l.entries == nil {
		l.entries = map[string]entry{}
	}
	out := entry{Path: e.Path, Type: regular, Mode: uint32(modeOf(e)), Size: e.Size, MTime: unpack.Stamp(e).Unix(), Digest: digest}
	switch e.Type {
	case unpack.Folder:
		out = entry{Path: e.Path, Type: folder, Mode: out.Mode}
	case unpack.Link:
		out = entry{Path: e.Path, Type: symlink, Target: e.Target}
	case unpack.HardLink:
		out = l.entries[e.Target]
		out.Path = e.Path
	}
	l.entries[e.Path] = out
}

func (l *lister) end() []entry {
	out := make([]entry, 0, len(l.entries))
	for _, e := range l.entries {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b entry) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// modeOf returns the permissions of an entry: those of the archive, except that no other user may write, and the owner
// of a folder may list and change it. Otherwise an ordinary user could neither compare the tree nor remove it.
func modeOf(e unpack.Entry) fs.FileMode {
	switch {
	case e.Type == unpack.Folder && e.NoMode:
		return 0o755
	case e.Type == unpack.Folder:
		return e.Mode&^0o022 | 0o700
	case e.NoMode:
		return 0o644
	}
	return e.Mode &^ 0o022
}

// above returns the folder of a path in a tree; "": the tree.
func above(rel string) string {
	if dir := path.Dir(rel); dir != "." {
		return dir
	}
	return ""
}

func quote(p string) string { return strconv.Quote(resource.EncodeBytes(p)) }

// nameSome names some of many paths, and counts the rest.
func nameSome(paths []string) string {
	const most = 3
	out := ""
	for i, p := range paths[:min(most, len(paths))] {
		if i > 0 {
			out += ", "
		}
		out += quote(p)
	}
	if len(paths) > most {
		out += " and " + strconv.Itoa(len(paths)-most) + " more"
	}
	return out
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
