package accounts

import (
	"context"
	"errors"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// listRemoved lists the home directory that is removed with its user, and its
// content.
func (u *Users) listRemoved(ctx context.Context, c resource.Change) ([]string, error) {
	if c.Action != resource.Delete || !resource.Must[resources.UserWant](c.Want).RemoveHome.Value {
		return nil, nil
	}
	user, err := u.users.User(ctx, c.Label())
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

// recordRemoved adds the attributes that the manifest does not manage.
func (u *Users) recordRemoved(ctx context.Context, have *resources.UserWant) error {
	user, err := u.users.User(ctx, have.Name)
	if errors.Is(err, userdb.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	have.GID = resource.Some(int64(user.GID)) // its group may go with it
	group, err := u.namePrimary(ctx, user, "")
	if err != nil {
		return err
	}
	groups, err := u.listGroups(ctx, user.Name, nil, false)
	if err != nil {
		return err
	}
	have.Group, have.Groups = resource.Some(group), resource.Some(groups)
	all := resources.UserWant{Name: have.Name, Password: resource.Some(""), Locked: resource.Some(false), Expires: resource.Some(""), PasswordAge: wholeAge()}
	return u.addSecrets(all, have)
}
