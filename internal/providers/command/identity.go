package command

import (
	"context"
	"errors"
	"os"
	"strconv"

	"converge/internal/resource"
	"converge/internal/userdb"
)

// findSelf returns the user of converge, as the root's user database knows it.
func findSelf(ctx context.Context, users *userdb.DB) (userdb.User, error) {
	uid := uint32(os.Geteuid())
	u, err := users.UserByID(ctx, uid)
	if errors.Is(err, userdb.ErrUnknown) {
		return userdb.User{UID: uid, GID: uint32(os.Getegid()), Home: "/"}, nil
	}
	return u, err
}

// findUser finds a user by name or number; a number need not have an entry.
func findUser(ctx context.Context, users *userdb.DB, name string) (userdb.User, error) {
	u, err := users.User(ctx, name)
	if n, bad := strconv.ParseUint(name, 10, 32); errors.Is(err, userdb.ErrUnknown) && bad == nil {
		u, err = users.UserByID(ctx, uint32(n))
		if errors.Is(err, userdb.ErrUnknown) {
			return userdb.User{UID: uint32(n), GID: uint32(n), Home: "/"}, nil
		}
	}
	return u, markMissing(err)
}

// findGroup finds a group by name or number; a number need not have an entry.
func findGroup(ctx context.Context, users *userdb.DB, name string) (uint32, error) {
	g, err := users.Group(ctx, name)
	if n, bad := strconv.ParseUint(name, 10, 32); errors.Is(err, userdb.ErrUnknown) && bad == nil {
		return uint32(n), nil
	}
	return g.GID, markMissing(err)
}

// markMissing marks errors that a pending change may still resolve.
func markMissing(err error) error {
	if errors.Is(err, userdb.ErrUnknown) {
		return resource.Missing(err)
	}
	return err
}
