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
		moves := resources.CreatesHome(c.Want) && u.movable(resource.StringAttr(c.Have, "home"), resource.StringAttr(c.Want, "home"))
		return resource.With(c.Have, "moves_home", cty.BoolVal(moves)), nil, nil
	}
	if c.Action != resource.Delete {
		return c.Have, nil, nil
	}
	user, err := u.users.User(ctx, resource.StringAttr(c.Want, "name"))
	if errors.Is(err, userdb.ErrUnknown) {
		return c.Have, nil, nil
	}
	if err != nil {
		return cty.NilVal, nil, err
	}
	m := c.Have.AsValueMap()
	m["gid"] = cty.NumberUIntVal(uint64(user.GID)) // its group may go with it
	if m["group"], err = u.primary(ctx, user, ""); err != nil {
		return cty.NilVal, nil, err
	}
	if m["groups"], err = u.groups(ctx, user.Name, cty.NilVal, false); err != nil {
		return cty.NilVal, nil, err
	}
	all := map[string]cty.Value{"name": m["name"]}
	for _, a := range []string{"password", "locked", "expires"} {
		all[a] = cty.EmptyObjectVal // asked for, whatever it is
	}
	if err := u.secrets(cty.ObjectVal(all), m); err != nil {
		return cty.NilVal, nil, err
	}
	return cty.ObjectVal(m), nil, nil
}

// Record implements [resource.Recorder]: a removed group has members too.
func (g *Groups) Record(ctx context.Context, c resource.Change) (cty.Value, []resource.Change, error) {
	if c.Action != resource.Delete {
		return c.Have, nil, nil
	}
	group, err := g.users.Group(ctx, resource.StringAttr(c.Want, "name"))
	switch {
	case errors.Is(err, userdb.ErrUnknown):
		return c.Have, nil, nil
	case err != nil:
		return cty.NilVal, nil, err
	}
	return resource.With(c.Have, "members", observedSet(group.Members, cty.NilVal, false)), nil, nil
}
