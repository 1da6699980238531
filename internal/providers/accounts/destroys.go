package accounts

import (
	"context"
	"errors"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
)

// Destroys implements [resource.Destroyer]: it lists the content of the home
// directory that is removed with its user.
func (u *Users) Destroys(ctx context.Context, c resource.Change) ([]string, error) {
	if c.Action != resource.Delete || !resource.BoolAttr(c.Want, "remove_home") {
		return nil, nil
	}
	user, err := u.users.User(ctx, resource.StringAttr(c.Want, "name"))
	if errors.Is(err, userdb.ErrUnknown) || err == nil && user.Home == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := []string{resource.EncodeBytes(user.Home)}
	err = u.fs.Walk(ctx, user.Home, func(e fsys.Entry) error {
		out = append(out, resource.EncodeBytes(e.Path))
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}
