package archives

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// backup is a tree that was replaced, or removed, and is kept beside the place where it was.
type backup struct {
	At      string `json:"at"` // where it was, as resource.EncodeBytes has it
	Ino     uint64 `json:"ino"`
	Born    int64  `json:"born,omitempty"`    // when it was made, in nanoseconds since 1970: numbers of inodes are used again
	Removed bool   `json:"removed,omitempty"` // nothing took its place; what is kept may be a part of it, in a folder of its own
}

// backupOf returns the backup of a tree that will be kept.
func backupOf(at string, top fsys.Info) *backup {
	k := &backup{At: resource.EncodeBytes(at), Ino: top.Ino}
	if !top.Born.IsZero() {
		k.Born = top.Born.UnixNano()
	}
	return k
}

// isOf reports whether it is a backup of that tree.
func (k backup) isOf(top fsys.Info) bool {
	return top.Type == fsys.Directory && top.Ino == k.Ino && (k.Born == 0 || k.Born == top.Born.UnixNano())
}

// findKept returns where the tree of a backup is kept; nil: nowhere. A tree that was
// replaced is known by its inode: a run may have been killed before or after it exchanged two
// trees. The caller closes its folder.
func (s *shelf) findKept(k *backup) (*spot, error) {
	at := resource.DecodeBytes(k.At)
	if k.Removed {
		return s.findRemoved(at, k.Ino)
	}
	all, err := s.listKept(at)
	for _, p := range slices.Backward(all) {
		top, there, err := s.lookAt(p)
		if err != nil {
			return nil, err
		}
		if there && k.isOf(top) {
			d, err := s.fs.OpenDir(path.Dir(p))
			return &spot{d, path.Base(p)}, err
		}
	}
	return nil, err
}

// isKept reports whether the tree of a backup is kept.
func (s *shelf) isKept(k *backup) (bool, error) {
	in, err := s.findKept(k)
	if in == nil || err != nil {
		return false, err
	}
	return true, in.dir.Close()
}

func (k backup) String() string {
	text, _ := json.Marshal(k) // of numbers and texts: it never fails
	return string(text)
}

// restoreOf returns what a rollback puts back; nil: nothing.
func restoreOf(w resources.ArchiveWant) (*backup, error) {
	if !w.Restore.Set {
		return nil, nil
	}
	var k backup
	if err := json.Unmarshal([]byte(w.Restore.Value), &k); err != nil || k.At == "" {
		return nil, fmt.Errorf("cannot read which tree was kept: %q", w.Restore.Value)
	}
	return &k, nil
}
