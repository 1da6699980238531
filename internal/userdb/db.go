// Package userdb looks up the users and groups of a machine, or of a tree that
// is not "/": name to number and back, home folders, memberships.
//
// Start with [New] and [DB.User]; [DB.UID] and similar methods serve lookups for thousands of files. The local files
// (passwd(5), group(5), shadow(5)) are read at the first lookup and again only when they have changed. Other names are
// looked up with getent(1), and so in LDAP and the other services of nsswitch.conf, but only on the running machine: a
// tree has no services.
//
// It never writes: internal/providers/accounts calls the shadow tools for that.
package userdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"converge/internal/fsys"
)

// ErrUnknown means that the user or group does not exist. It is wrapped.
var ErrUnknown = errors.New("there is none")

// DB holds the users and groups of one root. It may be used by many goroutines.
type DB struct {
	root string

	mu     sync.Mutex
	users  table[User]
	groups table[Group]
	shadow table[Shadow]
	nss    nss
}

// New returns the users of the tree at root, "/" for the machine itself. It reads nothing yet.
func New(root string) *DB {
	if root == "" {
		root = "/"
	}
	return &DB{
		root: filepath.Clean(root),
		users: table[User]{
			what: "user", file: "etc/passwd", parse: ParsePasswd, name: func(u User) string { return u.Name },
			id: func(u User) uint32 { return u.UID }, remote: func(u *User) { u.Remote = true },
		},
		groups: table[Group]{
			what: "group", file: "etc/group", parse: ParseGroup, name: func(g Group) string { return g.Name },
			id: func(g Group) uint32 { return g.GID }, remote: func(g *Group) { g.Remote = true },
		},
		shadow: table[Shadow]{file: "etc/shadow", parse: ParseShadow, name: func(s Shadow) string { return s.Name }},
	}
}

// Forget drops the answers of name services, which may be outdated. Local files
// are checked again in any case.
func (db *DB) Forget() {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.nss.said != nil {
		db.nss.said = map[string][]byte{} // a pending answer goes into the old map
	}
	db.users.looked, db.groups.looked = time.Time{}, time.Time{}
}

// User returns the user of that name, or an error that is [ErrUnknown].
func (db *DB) User(ctx context.Context, name string) (User, error) {
	return findName(ctx, db, &db.users, name)
}

// UserByID returns the first user that has the uid, or [ErrUnknown].
func (db *DB) UserByID(ctx context.Context, uid uint32) (User, error) {
	return findNumber(ctx, db, &db.users, uid)
}

// Group returns the group of that name, or an error that is [ErrUnknown].
func (db *DB) Group(ctx context.Context, name string) (Group, error) {
	return findName(ctx, db, &db.groups, name)
}

// GroupByID returns the first group that has the gid, or [ErrUnknown].
func (db *DB) GroupByID(ctx context.Context, gid uint32) (Group, error) {
	return findNumber(ctx, db, &db.groups, gid)
}

func findName[T any](ctx context.Context, db *DB, t *table[T], name string) (none T, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := t.refreshTable(db.root); err != nil {
		return none, err
	}
	if e, ok := t.byName[name]; ok {
		return e, nil
	}
	return findRemoteName(ctx, db, t, name)
}

func findNumber[T any](ctx context.Context, db *DB, t *table[T], id uint32) (none T, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := t.refreshTable(db.root); err != nil {
		return none, err
	}
	if e, ok := t.byID[id]; ok {
		return e, nil
	}
	return findRemote(ctx, db, t, fmt.Sprint(id))
}

// MemberOf returns the local groups that list the user as a member, in the order of the file. The primary group is
// included only if it lists the user.
func (db *DB) MemberOf(name string) ([]Group, error) {
	return selectLocal(db, &db.groups, func(g Group) bool { return slices.Contains(g.Members, name) })
}

// Primary returns the local users whose primary group has the gid.
func (db *DB) Primary(gid uint32) ([]User, error) {
	return selectLocal(db, &db.users, func(u User) bool { return u.GID == gid })
}

// LocalUsers returns the users of the local file, in its order.
func (db *DB) LocalUsers() ([]User, error) {
	return selectLocal(db, &db.users, func(User) bool { return true })
}

// LocalGroups returns the groups of the local file, in its order.
func (db *DB) LocalGroups() ([]Group, error) {
	return selectLocal(db, &db.groups, func(Group) bool { return true })
}

func selectLocal[T any](db *DB, t *table[T], is func(T) bool) (out []T, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	err = t.refreshTable(db.root)
	for _, e := range t.all {
		if err == nil && is(e) {
			out = append(out, e)
		}
	}
	return out, err
}

// Shadow returns the shadow entry of a local user; that requires root.
func (db *DB) Shadow(name string) (Shadow, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := db.shadow.refreshTable(db.root); err != nil {
		return Shadow{}, err
	}
	if s, ok := db.shadow.byName[name]; ok {
		return s, nil
	}
	return Shadow{}, fmt.Errorf("cannot find user %q in shadow: %w", name, ErrUnknown)
}

// table is one parsed file with the file's state when it was read.
type table[T any] struct {
	what   string // "user"
	file   string
	parse  func(io.Reader) ([]T, error)
	name   func(T) string
	id     func(T) uint32 // nil: there is none
	remote func(*T)       // marks an entry of a name service

	seen   stamp
	looked time.Time // see refreshIfOld
	all    []T
	byName map[string]T
	byID   map[uint32]T
}

// stamp identifies a state of a file; the zero value means "never read".
type stamp struct {
	ino          uint64
	size         int64
	mtime, ctime syscall.Timespec
	missing      bool
}

// refreshTable reads the file if it has changed. A missing file counts as empty: a tree may not have one yet.
func (t *table[T]) refreshTable(root string) error {
	var st syscall.Stat_t
	if root == "/" && syscall.Stat("/"+t.file, &st) == nil && stampOf(&st) == t.seen {
		return nil // the usual case, in one system call
	}
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		return fmt.Errorf("cannot read users: %w", err)
	}
	defer tree.Close()
	f, err := tree.Open("/" + t.file)
	if errors.Is(err, fs.ErrNotExist) {
		t.seen, t.all, t.byName, t.byID = stamp{missing: true}, nil, nil, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read users: %w", err)
	}
	defer f.Close()
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("cannot read %s: %w", f.Name(), err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return fmt.Errorf("cannot read %s: it is not a regular file", f.Name())
	}
	if stampOf(&st) == t.seen {
		return nil
	}
	all, err := t.parse(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	t.byName, t.byID = make(map[string]T, len(all)), map[uint32]T{}
	for _, e := range slices.Backward(all) { // the first entry counts, as in the C library
		t.byName[t.name(e)] = e
		if t.id != nil {
			t.byID[t.id(e)] = e
		}
	}
	t.seen, t.all = stampOf(&st), all
	return nil
}

func stampOf(st *syscall.Stat_t) stamp {
	return stamp{ino: st.Ino, size: st.Size, mtime: st.Mtim, ctime: st.Ctim}
}

// Groups returns the numbers of all groups of a user's processes, the primary one first.
func (db *DB) Groups(ctx context.Context, u User) ([]uint32, error) {
	gids := []uint32{u.GID}
	local, err := db.MemberOf(u.Name)
	if err != nil {
		return nil, err
	}
	for _, g := range local {
		gids = append(gids, g.GID)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	more, err := db.remoteGroups(ctx, u.Name)
	if err != nil {
		return nil, err
	}
	for _, gid := range more {
		if !slices.Contains(gids, gid) {
			gids = append(gids, gid)
		}
	}
	return gids, nil
}

// IsMember reports whether a user's processes have the group, other than as the primary one, according to the local
// files or a name service.
func (db *DB) IsMember(ctx context.Context, user string, g Group) (bool, error) {
	if slices.Contains(g.Members, user) || !g.Remote {
		return slices.Contains(g.Members, user), nil
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	gids, err := db.remoteGroups(ctx, user)
	return slices.Contains(gids, g.GID), err
}

// LocalUser returns the user with the uid in the local files.
func (db *DB) LocalUser(uid uint32) (User, bool) { return findLocal(db, &db.users, uid) }

// LocalGroup returns the group with the gid in the local files.
func (db *DB) LocalGroup(gid uint32) (Group, bool) { return findLocal(db, &db.groups, gid) }

func findLocal[T any](db *DB, t *table[T], id uint32) (none T, ok bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if t.refreshTable(db.root) != nil {
		return none, false
	}
	e, ok := t.byID[id]
	return e, ok
}
