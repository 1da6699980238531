package accounts

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/userdb"
)

// Past implements [resource.Historian]: all attributes of a removed user. The
// content of its home directory is not kept.
func (u *Users) Past(ctx context.Context, c resource.Change) (cty.Value, error) {
	user, err := u.users.User(ctx, resource.StringAttr(c.Want, "name"))
	if c.Action != resource.Delete || errors.Is(err, userdb.ErrUnknown) {
		return c.Have, nil
	}
	if err != nil {
		return cty.NilVal, err
	}
	m := c.Have.AsValueMap()
	m["gid"] = cty.NumberUIntVal(uint64(user.GID)) // its group may go with it
	if m["group"], err = u.primary(ctx, user, ""); err != nil {
		return cty.NilVal, err
	}
	if m["groups"], err = u.groups(ctx, user.Name, cty.NilVal, false); err != nil {
		return cty.NilVal, err
	}
	all := map[string]cty.Value{"name": m["name"]}
	for _, a := range []string{"password", "locked", "expires"} {
		all[a] = cty.EmptyObjectVal // asked for, whatever it is
	}
	if err := u.secrets(cty.ObjectVal(all), m); err != nil {
		return cty.NilVal, err
	}
	return cty.ObjectVal(m), nil
}

// Past implements [resource.Historian]: a removed group has members too.
func (g *Groups) Past(ctx context.Context, c resource.Change) (cty.Value, error) {
	group, err := g.users.Group(ctx, resource.StringAttr(c.Want, "name"))
	switch {
	case c.Action != resource.Delete || errors.Is(err, userdb.ErrUnknown):
		return c.Have, nil
	case err != nil:
		return cty.NilVal, err
	}
	return resource.With(c.Have, "members", observedSet(group.Members, cty.NilVal, false)), nil
}
