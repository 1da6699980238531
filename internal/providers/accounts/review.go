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

// Review implements [resource.Reviewer].
func (u *Users) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if c.Empty() {
		return r
	}
	switch o.Ask {
	case resource.AskForecast:
		r.Removes, r.Blocked = u.listRemoved(ctx, c)
		r.Notes = u.noteUser(c)
	case resource.AskRemoval:
		r.Removes, r.Blocked = u.listRemoved(ctx, c)
	}
	return r
}

// Review implements [resource.Reviewer].
func (g *Groups) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskForecast && !c.Empty() {
		r.Notes = g.noteGroup(c)
	}
	return r
}

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
