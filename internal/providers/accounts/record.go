package accounts

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Record implements [resource.Recorder]: all attributes of a removed user, and
// whether the home of a changed one is moved. The content of a removed home is
// not kept.
func (u *Users) Record(ctx context.Context, c resource.Change) (cty.Value, []resource.Change, error) {
	if c.Action == resource.Update && c.Differs("home") {
		t, err := resource.TypeChange[resources.UserWant](c)
		if err != nil || t.Have == nil {
			return c.Have, nil, err
		}
		t.Have.MovesHome = resource.Some(t.Want.CreatesHome() && isMovable(u.fs, t.Have.Home.Value, t.Want.Home.Value))
		return resource.Encode(*t.Have), nil, nil
	}
	if c.Action != resource.Delete {
		return c.Have, nil, nil
	}
	have, err := resource.Decode[resources.UserWant](c.Have)
	if err != nil {
		return cty.NilVal, nil, err
	}
	user, err := u.users.User(ctx, c.Label())
	if errors.Is(err, userdb.ErrUnknown) {
		return c.Have, nil, nil
	}
	if err != nil {
		return cty.NilVal, nil, err
	}
	have.GID = resource.Some(int64(user.GID)) // its group may go with it
	group, err := u.reader.namePrimary(ctx, user, "")
	if err != nil {
		return cty.NilVal, nil, err
	}
	groups, err := u.reader.listGroups(ctx, user.Name, nil, false)
	if err != nil {
		return cty.NilVal, nil, err
	}
	have.Group, have.Groups = resource.Some(group), resource.Some(groups)
	all := resources.UserWant{Name: have.Name, Password: resource.Some(""), Locked: resource.Some(false), Expires: resource.Some("")}
	if err := u.reader.addSecrets(all, &have); err != nil {
		return cty.NilVal, nil, err
	}
	return resource.Encode(have), nil, nil
}

// Record implements [resource.Recorder]: a removed group has members too.
func (g *Groups) Record(ctx context.Context, c resource.Change) (cty.Value, []resource.Change, error) {
	if c.Action != resource.Delete {
		return c.Have, nil, nil
	}
	have, err := resource.Decode[resources.GroupWant](c.Have)
	if err != nil {
		return cty.NilVal, nil, err
	}
	group, err := g.users.Group(ctx, c.Label())
	switch {
	case errors.Is(err, userdb.ErrUnknown):
		return c.Have, nil, nil
	case err != nil:
		return cty.NilVal, nil, err
	}
	have.Members = resource.Some(group.Members)
	return resource.Encode(have), nil, nil
}
