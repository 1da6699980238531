package archives

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// backup is a tree that was replaced, or removed, and is kept for a rollback.
type backup struct {
	at      string    // its former place
	ino     uint64    // of its top
	born    time.Time // when its top was made, for numbers of inodes are used again; the zero time: not known
	removed bool      // nothing took its place
	part    bool      // entries of others in it stayed, and so did its top
	run     string    // that has removed the part, in the form of names; "": older versions recorded none
}

// backupOf returns the backup of a tree that will be kept.
func backupOf(at string, top fsys.Info) *backup {
	return &backup{at: at, ino: top.Ino, born: top.Born.UTC()}
}

// isOf reports whether a folder is the top of the tree.
func (k backup) isOf(top fsys.Info) bool {
	return top.Type == fsys.Directory && isMadeAt(top, k.ino, k.born)
}

// isMadeAt reports whether an entry is the one with that inode, made at that time. A time that
// is not known is any.
func isMadeAt(info fsys.Info, ino uint64, born time.Time) bool {
	return info.Ino == ino && (born.IsZero() || info.Born.IsZero() || born.Equal(info.Born))
}

// findKept returns the place of a backup's tree; nil: nowhere. A whole tree is identified by its inode: a run may have
// been killed before or after it exchanged two trees. The caller closes its folder.
func (s *shelf) findKept(k *backup) (*spot, error) {
	if in, err := s.findInAttic(k); in != nil || err != nil {
		return in, err
	}
	all, err := s.listKept(k.at)
	for _, p := range slices.Backward(all) {
		top, there, err := s.lookAt(p)
		if err != nil {
			return nil, err
		}
		if there && k.isKeptAs(path.Base(p), top) {
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

// isKeptAs reports whether a folder with that name contains the backup. A part is identified by the name, because its
// folder was made for it: a killed run may have removed another part of the same tree.
func (k backup) isKeptAs(name string, top fsys.Info) bool {
	if k.part {
		return strings.HasSuffix(name, removedMark(k.ino)) && (k.run == "" || strings.HasSuffix(name, keptMark+k.run+removedMark(k.ino)))
	}
	return k.isOf(top)
}

// backupText is the recorded form of a backup: /opt/app@2026-01-02T15:04:05.123456789Z#4711, followed by what was done
// to it. A zero time represents an unknown one.
const backupText = `^(/.*)@([-0-9T:.]+Z)#([0-9]+)( removed| removed in part)?( by \S+)?$`

func (k backup) String() string {
	text := fmt.Sprintf("%s@%s#%d", resource.EncodeBytes(k.at), k.born.UTC().Format(time.RFC3339Nano), k.ino)
	switch {
	case k.part && k.run != "":
		text += " removed in part by " + k.run
	case k.part:
		text += " removed in part"
	case k.removed:
		text += " removed"
	}
	return text
}

// restoreOf returns what a rollback puts back; nil: nothing.
func restoreOf(w resources.ArchiveWant) (*backup, error) {
	if !w.Restore.Set {
		return nil, nil
	}
	parts := regexp.MustCompile(backupText).FindStringSubmatch(w.Restore.Value)
	if parts == nil {
		return nil, fmt.Errorf("cannot read which tree was kept: %q", w.Restore.Value)
	}
	born, err := time.Parse(time.RFC3339Nano, parts[2])
	if err != nil {
		return nil, fmt.Errorf("cannot read which tree was kept: %w", err)
	}
	ino, err := strconv.ParseUint(parts[3], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("cannot read which tree was kept: %w", err)
	}
	return &backup{at: resource.DecodeBytes(parts[1]), ino: ino, born: born, removed: parts[4] != "", part: parts[4] == " removed in part", run: strings.TrimPrefix(parts[5], " by ")}, nil
}
