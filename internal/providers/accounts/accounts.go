// Package accounts makes users and groups as wanted.
//
// Start with [New]; [Accounts.Users] and [Accounts.Groups] are the two providers. They read through internal/userdb
// and change through the shadow tools (useradd and its kin, see tools.go), which handle locking, shadow files,
// subordinate ids, home directories and caches. With a root that is not "/" the tools change into it themselves
// (--root).
//
// A change is a few runs of these tools, each a matter of milliseconds. It is cancelled before the first of them or
// not at all, so that no account is left half made.
package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Options of the provider; the zero value is the usual one.
type Options struct {
	// LockTimeout is how long to wait while another program holds the lock on the user database (vipw, another
	// useradd). Ten minutes if zero.
	LockTimeout time.Duration

	// Waiting receives the holder of that lock; nil: it is dropped.
	Waiting func(msg string)

	// Elsewhere reports that the accounts are those of another machine, for which only a plan is made.
	Elsewhere bool

	// Keys are the keys with which users log in; nil: none can be managed.
	Keys Keys
}

// Keys reads and changes the files of keys by which users log in. want are all lines that such a file should have,
// except those with resources of their own.
type Keys interface {
	// Read returns the lines of a wanted user's file. If a change is taken back, the user has the record of that
	// change, and the file is the one that was changed.
	Read(ctx context.Context, want resources.UserWant) ([]string, error)

	// Write writes the wanted lines.
	Write(ctx context.Context, want resources.UserWant) error

	// LocateNow returns the present path of the file with the keys of a user; "": it is not known.
	LocateNow(ctx context.Context, user string) string

	KeyReviewer
}

// KeyReviewer knows what a change of keys destroys.
type KeyReviewer interface {
	// Review returns what a plan reports of the wanted keys of a user: the removed ones, notes, and why writing them
	// is certain to fail.
	Review(ctx context.Context, want resources.UserWant, o resource.Outlook) resource.Review

	// Remarks returns what a plan reports of keys that are as declared.
	Remarks(ctx context.Context, user string) []string

	// Record returns what undoing the change needs.
	Record(ctx context.Context, want resources.UserWant) (string, error)
}

// Accounts are the users and groups of one root.
type Accounts struct {
	fs       *fsys.FS
	users    *userdb.DB
	tools    *tools
	declared *declarations
	keys     Keys
	homes    homes
	turn     chan struct{} // one change at a time: the tools would wait for each other in whole seconds
}

// New gives the accounts in the root of fs, which users describes.
func New(fs *fsys.FS, users *userdb.DB, o Options) *Accounts {
	if o.LockTimeout == 0 {
		o.LockTimeout = 10 * time.Minute
	}
	if o.Waiting == nil {
		o.Waiting = func(string) {}
	}
	return &Accounts{fs: fs, users: users, tools: &tools{fs, o}, declared: newDeclarations(nil), keys: o.Keys, turn: make(chan struct{}, 1)}
}

// Users is the provider of the kind user.
func (a *Accounts) Users() *Users {
	return &Users{Accounts: a, userReader: userReader{a.users, a.keys}}
}

// Groups is the provider of the kind group.
func (a *Accounts) Groups() *Groups { return &Groups{a} }

// Declare records the users and groups that the manifest declares, because an account that is missing now may exist
// later in the run, and one that is in the way may be removed.
func (a *Accounts) Declare(rs []*resource.Resource) { a.declared = newDeclarations(rs) }

// Lacks reports whether a key names a user or a group that neither exists nor is declared. A new user implies the
// group of its name.
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

// begin waits for other changes and for the lock of the database. The returned context is no longer cancelled: a
// change that has begun is completed.
func (a *Accounts) begin(ctx context.Context) (context.Context, func(), error) {
	if os.Geteuid() != 0 {
		return nil, nil, errOnlyRoot()
	}
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	a.homes.forget(false) // another program may have changed accounts
	end := func() {
		a.homes.forget(false)
		<-a.turn
	}
	if err := a.tools.awaitLock(ctx); err != nil {
		end()
		return nil, nil, err
	}
	return context.WithoutCancel(ctx), end, nil
}

func errOnlyRoot() error { return resource.Unprivilegedf("only root can change users and groups") }

// Invalidate implements [resource.Invalidator].
func (a *Accounts) Invalidate([]resource.Change) {
	a.users.Forget()
	a.homes.forget(true)
}

// noteLock warns of obstacles to any change of an account.
func (a *Accounts) noteLock() []string {
	if holder, err := a.tools.findHolder(); err == nil && holder != "" {
		return []string{"the user database is locked by " + holder}
	}
	return nil
}

// todo is the present meaning of a change.
type todo int

const (
	nothing todo = iota
	remove
	create
	modify
)

// decide determines the work from the result of the lookup (err, remote). what is "user" or "group", file where the
// tools could change the account.
func decide(c resource.Change, what, file string, remote bool, err error) (todo, error) {
	missing, absent := errors.Is(err, userdb.ErrUnknown), resource.WantsAbsent(c.Want)
	switch {
	case err != nil && !missing:
		return nothing, err
	case absent && missing:
		return nothing, nil
	case remote:
		return nothing, fmt.Errorf("cannot change %s %q: it is not in %s but comes from a name service", what, c.Label(), file)
	case absent:
		return remove, nil
	case missing:
		return create, nil
	}
	return modify, nil
}

// byNumber identifies accounts by their numbers: it returns, for keys with a number,
// the key with the name.
func byNumber(keys []string, prefix string, name func(id uint32) (string, bool)) map[string]string {
	out := map[string]string{}
	for _, key := range keys {
		number, ok := strings.CutPrefix(key, prefix)
		id, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil {
			continue
		}
		if name, ok := name(uint32(id)); ok {
			out[key] = prefix + name
		}
	}
	return out
}
