// Package accounts makes users and groups what they are wanted to be.
//
// Start with [New]; [Accounts.Users] and [Accounts.Groups] are the two
// providers. They look through internal/userdb and change through the shadow
// tools (useradd and its kin, see tool.go), which know about locking, shadow
// files, subordinate ids, home directories and caches. With a root that is not
// "/" the tools change into it by themselves (--root).
//
// A change is a few runs of these tools, each a matter of milliseconds. It is
// cancelled before the first of them or not at all, so that no account is left
// half made.
package accounts

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
)

// Options are what can be set; the zero value is what everyone wants.
type Options struct {
	// LockTimeout is how long to wait while someone else holds the lock on the
	// user database (vipw, another useradd). Ten minutes if zero.
	LockTimeout time.Duration

	// Waiting receives the holder of that lock; nil: it is dropped.
	Waiting func(msg string)
}

// Accounts are the users and groups of one root.
type Accounts struct {
	fs       *fsys.FS
	users    *userdb.DB
	lock     *lock
	tools    *tools
	declared *declarations
	going    map[string]bool // by name, users that are to be removed: of the last answer of [Users.Solve]
	turn     chan struct{}   // one change at a time: the tools would wait for each other in whole seconds
}

// New gives the accounts in the root of fs, which users describes.
func New(fs *fsys.FS, users *userdb.DB, o Options) *Accounts {
	if o.LockTimeout == 0 {
		o.LockTimeout = 10 * time.Minute
	}
	if o.Waiting == nil {
		o.Waiting = func(string) {}
	}
	l := &lock{fs: fs, timeout: o.LockTimeout, waiting: o.Waiting}
	return &Accounts{
		fs: fs, users: users, lock: l, tools: &tools{root: fs.Root(), lock: l}, declared: newDeclarations(nil), turn: make(chan struct{}, 1),
	}
}

// Users is the provider of the kind user.
func (a *Accounts) Users() *Users { return &Users{Accounts: a, reader: &userReader{users: a.users}} }

// Groups is the provider of the kind group.
func (a *Accounts) Groups() *Groups { return &Groups{a} }

// Declare records the users and groups that the manifest declares, because an
// account that is missing now may exist by then, and one that is in the way may be
// removed.
func (a *Accounts) Declare(rs []*resource.Resource) { a.declared = newDeclarations(rs) }

// Lacks reports whether a key is of a user or a group, by name, that is neither
// there nor declared. With a new user comes the group of its name.
func (a *Accounts) Lacks(ctx context.Context, key string) bool {
	what, name, _ := strings.Cut(key, ":")
	if a.declared.resources[key] != nil {
		return false
	}
	var err error
	switch what {
	case "user":
		_, err = a.users.UID(ctx, name)
	case "group":
		if a.declared.resources["user:"+name] != nil {
			return false
		}
		_, err = a.users.GID(ctx, name)
	}
	return errors.Is(err, userdb.ErrUnknown)
}

// begin waits for our turn and for the lock of the database. The returned
// context is not cancelled any more: a change that has begun is completed.
func (a *Accounts) begin(ctx context.Context) (context.Context, func(), error) {
	if os.Geteuid() != 0 {
		return nil, nil, errors.New("only root can change users and groups")
	}
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	end := func() { <-a.turn }
	if err := a.lock.wait(ctx); err != nil {
		end()
		return nil, nil, err
	}
	return context.WithoutCancel(ctx), end, nil
}

// Invalidate implements [resource.Invalidator].
func (a *Accounts) Invalidate([]resource.Change) { a.users.Forget() }

// noteLock warns of obstacles to any change of an account.
func (a *Accounts) noteLock() []string {
	if holder, err := a.lock.findHolder(); err == nil && holder != "" {
		return []string{"the user database is locked by " + holder}
	}
	return nil
}
