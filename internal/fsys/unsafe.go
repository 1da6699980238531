package fsys

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ErrUnsafe means that the path to a file leads through a directory or a link of one user to an entry of a third. This
// is the rule of systemd-tmpfiles(8) for "unsafe path transitions": the owner of a directory controls where its names
// lead, and could make a privileged process change a file of another user.
var ErrUnsafe = errors.New("unsafe path")

// UnsafeError names the unsafe step on the way to a file.
type UnsafeError struct {
	Dir   string // the directory that belongs to another user
	Name  string // the name in it that the path leads through
	Owner uint32 // the user who controls the name
	To    string // the target of a link; "" if Name is not a link
	Of    uint32 // the owner of the entry with that name
}

func (e *UnsafeError) Error() string {
	return e.Describe(numberUser)
}

// Describe is Error with user names.
func (e *UnsafeError) Describe(user func(uid uint32) string) string {
	owner, of := user(e.Owner), user(e.Of)
	if e.To != "" {
		return fmt.Sprintf("%q is a link that %s controls, and %q, where it leads, belongs to %s: remove the link, or use the path without it",
			joinName(e.Dir, e.Name), owner, e.To, of)
	}
	return fmt.Sprintf("%q belongs to %s, and %q in it to %s: %s may have put it there; look at it, then give it to %s (chown) or remove it, or use a path outside of what belongs to %s",
		e.Dir, owner, e.Name, of, owner, owner, owner)
}

// Is makes errors.Is(err, ErrUnsafe) true.
func (e *UnsafeError) Is(target error) bool { return target == ErrUnsafe }

// PlantedError names a link that is refused with [ErrPlanted].
type PlantedError struct {
	Dir, Name string
	Owner     uint32
}

func (e *PlantedError) Error() string { return e.Describe(numberUser) }

// Describe is Error with user names.
func (e *PlantedError) Describe(user func(uid uint32) string) string {
	owner := user(e.Owner)
	return fmt.Sprintf("%q is a link of %s in a directory that anyone can write to: %s may have planted it; remove it, or use the path without it",
		joinName(e.Dir, e.Name), owner, owner)
}

// Is makes errors.Is(err, ErrPlanted) true.
func (e *PlantedError) Is(target error) bool { return target == ErrPlanted }

func numberUser(uid uint32) string { return "user " + strconv.Itoa(int(uid)) }

// rules decides which steps and changes another user could misuse.
type rules struct {
	self    uint32   // our effective user
	group   uint32   // our effective group
	trusted []uint32 // users with our rights: the owner of the root, and those of FS.Trust
	given   given    // directories that we transferred to another user
	named   bool     // the path is the choice of the one who runs us: only links on the way are judged
}

// trustsUser reports whether a user has our rights already: root, and the owner of the root directory, who can replace
// everything in it. The rules protect the rights of root: another user who runs converge trusts everyone.
func (r *rules) trustsUser(uid uint32) bool {
	return uid == 0 || r.self != 0 || slices.Contains(r.trusted, uid)
}

// mayStep applies the rule to one step from a directory to an entry, which is entered or changed.
func (r *rules) mayStep(path string, dir Info, name string, what Info, enter bool) error {
	if dir.UID == what.UID || r.named || r.trustsUser(dir.UID) {
		return nil
	}
	if was, ok := r.given.ownerBefore(dir, what, enter); ok && (was == what.UID || r.trustsUser(was)) {
		return nil
	}
	return &UnsafeError{Dir: path, Name: name, Owner: dir.UID, Of: what.UID}
}

// linkOwner returns the untrusted user who controls the target of a link, if there is one: the owner of its directory,
// or else of the link.
func (r *rules) linkOwner(dir *node, name string, link *unix.Stat_t) (uid uint32, foreign bool, err error) {
	d := dir.info
	switch {
	case d.Mode&0o002 != 0 && link.Uid != r.self && link.Uid != d.UID && link.Uid != 0:
		// The rule of the kernel's fs.protected_symlinks, which is off on some machines, for every directory that anyone
		// can write to.
		return 0, false, &PlantedError{Dir: dir.path, Name: name, Owner: link.Uid}
	case r.trustsUser(d.UID):
		return link.Uid, !r.trustsUser(link.Uid), nil
	case link.Uid != d.UID && !r.trustsUser(link.Uid):
		return 0, false, &UnsafeError{Dir: dir.path, Name: name, Owner: d.UID, Of: link.Uid}
	}
	return d.UID, true, nil
}

// isShared applies the kernel's rule fs.protected_hardlinks to a file before a change: a file with several names may
// belong to another user if users other than its owner could put this name into the directory.
func (r *rules) isShared(dir, file Info) bool {
	if file.Type == Directory || file.Links <= 1 {
		return false
	}
	return dir.Mode&0o022 != 0 || !r.trustsUser(dir.UID) && dir.UID != file.UID
}

// mayShow is the rule for the content of a file: a file that is not readable for everyone must not be read by a name
// that another user may have made for it.
func (r *rules) mayShow(dir, file Info) error {
	if file.Mode&0o004 == 0 && r.isShared(dir, file) {
		return ErrShared
	}
	return nil
}

// mayChange is the rule for a change of owner or mode in place.
func (r *rules) mayChange(path string, dir Info, name string, what Info) error {
	switch {
	case r.isShared(dir, what):
		return ErrShared
	case name == "": // the root itself
		return nil
	}
	return r.mayStep(path, dir, name, what, false)
}

// given holds the directories that this process transferred from one user to another. The old owner made the entries
// that were in them then, so the rule of unsafe steps uses the old owner: a tree may change its owner from the top down,
// in the order of its manifest.
//
// An entry is older than the transfer if its own change time is: the kernel stamps each entry that is linked, renamed or
// made.
type given struct {
	mu   sync.Mutex
	dirs map[inode]gift
}

type inode struct{ dev, ino uint64 }

type gift struct {
	from uint32    // the former owner
	at   time.Time // when it was transferred, by the clock of its file system
	way  bool      // its entries may be entered too
}

// noteGift records that a directory has got a new owner after it was stamped. The first transfer counts: entries older
// than that are older than all later ones.
func (g *given) noteGift(stamped Info) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := inode{stamped.Dev, stamped.Ino}
	if _, known := g.dirs[at]; known {
		return
	}
	if g.dirs == nil {
		g.dirs = map[inode]gift{}
	}
	g.dirs[at] = gift{from: stamped.UID, at: stamped.CTime, way: true}
}

// ownerBefore returns the owner of a directory at the time when an entry in it was made.
func (g *given) ownerBefore(dir, what Info, enter bool) (uid uint32, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	was, ok := g.dirs[inode{dir.Dev, dir.Ino}]
	if !ok || enter && !was.way || !what.CTime.Before(was.at) {
		return 0, false
	}
	return was.from, true
}

// Forget makes every path be judged as in a new process, so that no path counts as right that the next run cannot reach.
// Owners may still be changed.
func (f *FS) Forget() {
	f.rules.given.mu.Lock()
	defer f.rules.given.mu.Unlock()
	for at, was := range f.rules.given.dirs {
		was.way = false
		f.rules.given.dirs[at] = was
	}
}
