package accounts

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"converge/internal/userdb"
	"converge/resources"
)

// groupEditor changes groups by the shadow tools.
type groupEditor struct {
	users *userdb.DB
	tools *tools
}

func (e *groupEditor) create(ctx context.Context, want resources.GroupWant) error {
	var args []string
	if want.GID.Set {
		args = append(args, "--gid", strconv.FormatInt(want.GID.Value, 10))
	}
	if want.System.Value {
		args = append(args, "--system")
	}
	if err := e.tools.run(ctx, "", "groupadd", append(args, want.Name)...); err != nil {
		return err
	}
	return e.setMembers(ctx, userdb.Group{Name: want.Name}, want)
}

func (e *groupEditor) modify(ctx context.Context, group userdb.Group, want resources.GroupWant) error {
	if want.GID.Set && want.GID.Value != int64(group.GID) {
		if err := e.tools.run(ctx, "", "groupmod", "--gid", strconv.FormatInt(want.GID.Value, 10), group.Name); err != nil {
			return err
		}
	}
	return e.setMembers(ctx, group, want)
}

// setMembers gives the whole list at once: adding and removing one by one
// would leave a part of it if it failed.
func (e *groupEditor) setMembers(ctx context.Context, group userdb.Group, want resources.GroupWant) error {
	if !want.Members.Set {
		return nil
	}
	members := slices.Clone(want.Members.Value)
	if want.Append.Value {
		members = append(members, group.Members...)
	}
	slices.Sort(members)
	members = slices.Compact(members)
	have := slices.Clone(group.Members)
	slices.Sort(have)
	if slices.Equal(members, have) {
		return nil
	}
	return e.tools.run(ctx, "", "gpasswd", "--members", strings.Join(members, ","), group.Name)
}

func (e *groupEditor) remove(ctx context.Context, group userdb.Group) error {
	users, err := e.users.Primary(group.GID)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		names := make([]string, len(users))
		for i, u := range users {
			names[i] = u.Name
		}
		return fmt.Errorf("cannot remove group %q: it is the primary group of %s", group.Name, strings.Join(names, ", "))
	}
	return e.tools.run(ctx, "", "groupdel", group.Name)
}
