package accounts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
)

// goingHome is a home directory that is removed with its user. userdel(8) removes everything below it, including other
// users' homes and mounted file systems. It leaves a home that belongs to another user, but fails after it has removed
// the account.
type goingHome struct {
	*Accounts
	user     userdb.User
	foreseen bool // other changes of the plan are still to come: they may move or remove the homes of others
}

// refuse is the error for a home that is not the user's alone.
func (g goingHome) refuse(why string, args ...any) error {
	return fmt.Errorf("cannot remove the home directory %q of user %q: %s; without remove_home it stays", g.user.Home, g.user.Name, fmt.Sprintf(why, args...))
}

// inspect returns an error if the home directory is not the user's alone. goes reports whether there is one that goes
// with this user, and not with another one.
func (g goingHome) inspect() (goes bool, err error) {
	if g.user.Home == "" {
		return false, nil
	}
	info, err := g.fs.Look(g.user.Home)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.Type != fsys.Directory:
		return true, g.refuse("it is %s", info.Type)
	case info.Mount:
		return true, g.refuse("a file system is mounted there")
	case info.UID != g.user.UID:
		if owner, err := g.findOwner(info.UID); owner == "" || err != nil || !g.foreseen {
			return true, errors.Join(err, g.refuse("it belongs to %s", g.users.UserName(info.UID)))
		}
		return false, nil
	}
	holder, err := g.findHolder()
	if err == nil && holder != "" {
		err = g.refuse("it holds the home of user %q", holder)
	}
	return true, err
}

// walk visits the home directory and all that is in it. It returns an error if that is not the user's alone; if the home
// is tolerated nevertheless, it does not.
func (g goingHome) walk(ctx context.Context, tolerated bool, visit func(path string)) error {
	goes, err := g.inspect()
	if err != nil && !tolerated || !goes {
		return err
	}
	moves, err := g.listMoving()
	if err != nil {
		return err
	}
	visit(g.user.Home)
	err = g.fs.Walk(ctx, g.user.Home, func(e fsys.Entry) error {
		if e.Mount && !tolerated {
			return g.refuse("something is mounted at %q", resource.EncodeBytes(e.Path))
		}
		if moves[strings.TrimPrefix(e.Path, g.user.Home)] {
			return fsys.ErrSkipDir
		}
		visit(e.Path)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// waits reports whether changes of other users come before the removal: of one whose home lies in it and moves, or
// of the owner of a home that both have.
func (g goingHome) waits() bool {
	info, err := g.fs.Lstat(g.user.Home)
	if err != nil {
		return false
	}
	if info.UID != g.user.UID {
		owner, err := g.findOwner(info.UID)
		return err == nil && owner != ""
	}
	moves, err := g.listMoving()
	return err == nil && len(moves) > 0
}

// findOwner returns the name of another user with that number who is removed with the same home; "" if there is none.
func (g goingHome) findOwner(uid uint32) (string, error) {
	dir, in, err := listHomesIn(g.Accounts, g.user.Home)
	for _, h := range in {
		if h.at == dir && h.user.UID == uid && h.user.Name != g.user.Name && g.declared.losesHome(h.user.Name) {
			return h.user.Name, nil
		}
	}
	return "", err
}

// findHolder returns the name of another user whose home is this one, or lies in it, and stays; "" if there is none.
func (g goingHome) findHolder() (string, error) {
	dir, in, err := listHomesIn(g.Accounts, g.user.Home)
	for _, h := range in {
		switch {
		case h.user.Name == g.user.Name, h.at == dir && g.declared.isDeclaredAbsent(h.user.Name), h.at != dir && g.declared.losesHome(h.user.Name):
		case g.foreseen && g.declared.movesHome(g.fs, h, dir):
		default:
			return h.user.Name, nil
		}
	}
	return "", err
}

// listMoving returns the homes in this one that are to be moved out of it, as paths below it.
func (g goingHome) listMoving() (map[string]bool, error) {
	dir, in, err := listHomesIn(g.Accounts, g.user.Home)
	out := map[string]bool{}
	for _, h := range in {
		if h.user.Name != g.user.Name && g.declared.movesHome(g.fs, h, dir) {
			out[strings.TrimPrefix(h.at, dir)] = true
		}
	}
	return out, err
}
