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
	"fmt"
	"os"
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
	timeout  time.Duration
	waiting  func(msg string)
	declared map[string]*resource.Resource // by key, "user:app"; see Declare
	needs    map[string]need               // by key, what needs an account; see Declare
	going    map[string]bool               // by name, users that are to be removed: of the last answer of [Users.Solve]
	turn     chan struct{}                 // one change at a time: the tools would wait for each other in whole seconds
}

// New gives the accounts in the root of fs, which users describes.
func New(fs *fsys.FS, users *userdb.DB, o Options) *Accounts {
	if o.LockTimeout == 0 {
		o.LockTimeout = 10 * time.Minute
	}
	if o.Waiting == nil {
		o.Waiting = func(string) {}
	}
	return &Accounts{fs: fs, users: users, timeout: o.LockTimeout, waiting: o.Waiting, turn: make(chan struct{}, 1)}
}

// Users is the provider of the kind user.
func (a *Accounts) Users() *Users { return &Users{a} }

// Groups is the provider of the kind group.
func (a *Accounts) Groups() *Groups { return &Groups{a} }

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
	if err := a.waitUnlocked(ctx); err != nil {
		end()
		return nil, nil, err
	}
	return context.WithoutCancel(ctx), end, nil
}

// Invalidate implements [resource.Invalidator].
func (a *Accounts) Invalidate([]resource.Change) { a.users.Forget() }

// notes warns of obstacles to any change of an account.
func (a *Accounts) notes() []string {
	if holder, err := a.lockHolder(); err == nil && holder != "" {
		return []string{"the user database is locked by " + holder}
	}
	return nil
}

func wantsAbsent(c resource.Change) bool { return resource.WantsAbsent(c.Want) }

// todo is the present meaning of a change.
type todo int

const (
	nothing todo = iota
	remove
	create
	modify
)

// decide determines the work from the result of looking the account up (err,
// remote). what is "user" or "group", file where the tools could change it.
func decide(c resource.Change, what, file string, remote bool, err error) (todo, error) {
	missing := errors.Is(err, userdb.ErrUnknown)
	switch {
	case err != nil && !missing:
		return nothing, err
	case wantsAbsent(c) && missing:
		return nothing, nil
	case remote:
		return nothing, fmt.Errorf("cannot change %s %q: it is not in %s but comes from a name service", what, c.Label(), file)
	case wantsAbsent(c):
		return remove, nil
	case missing:
		return create, nil
	}
	return modify, nil
}
