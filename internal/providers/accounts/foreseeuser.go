package accounts

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// userForecaster refuses in the plan what the tools would refuse to do with users.
type userForecaster struct {
	root     *fsys.FS
	users    *userdb.DB
	declared *declarations
}

// checkNumber refuses a uid that another user has.
func (f *userForecaster) checkNumber(ctx context.Context, c resource.Change, n numbers) error {
	owner := findUserOwner(ctx, f.users, c)
	uid, _ := uidOf(c.Want)
	if owner == "" {
		return nil
	}
	if n.freed[uid] {
		return n.refuseCircle(c, owner)
	}
	return resource.Certain(fmt.Errorf("uid %d belongs to user %q", uid, owner))
}

// checkGroups refuses wanted groups that do not exist or cannot be changed.
func (f *userForecaster) checkGroups(ctx context.Context, c resource.Change, user userdb.User, there bool) error {
	want := resource.Must[resources.UserWant](c.Want)
	if name := want.Group.Value; name != "" && (!there || c.Differs("group")) {
		gid, err := f.users.GID(ctx, name)
		if err == nil { // of a number, too, there must be a group
			_, err = f.users.GroupByID(ctx, gid)
		}
		if errors.Is(err, userdb.ErrUnknown) {
			if err := f.declared.refuseUnknown("group", name, fmt.Errorf("there is no group %q", name)); err != nil {
				return err
			}
		}
	}
	for _, name := range want.Groups.Value {
		g, err := f.users.Group(ctx, name)
		switch {
		case errors.Is(err, userdb.ErrUnknown):
			if err := f.declared.refuseUnknown("group", name, fmt.Errorf("there is no group %q", name)); err != nil {
				return err
			}
		case err == nil && g.Remote:
			in, err := f.users.IsMember(ctx, want.Name, g)
			if err == nil && !in {
				return resource.Certain(fmt.Errorf("cannot make it a member of group %q: that group comes from a name service", name))
			}
		}
	}
	return nil
}

// checkChange refuses what usermod would refuse to change in an existing user.
func (f *userForecaster) checkChange(c resource.Change, user userdb.User, there bool) error {
	if !there {
		return nil
	}
	want := resource.Must[resources.UserWant](c.Want)
	if c.Differs("locked") && !want.Locked.Value && !want.Password.Set {
		if _, err := chooseLockOption(f.users, user.Name, false); err != nil {
			return resource.Certain(err)
		}
	}
	if c.Differs("uid") || c.Differs("home") {
		return f.refuseUsed(user, "changed in uid or home")
	}
	return nil
}

// refuseUsed refuses a change of a user that still has a process, as userdel and
// usermod do. A service of that user may be stopped before; no step of a run ends
// a login session.
func (f *userForecaster) refuseUsed(user userdb.User, done string) error {
	if f.root.Root() != "/" || user.Name == "" {
		return nil
	}
	p, session := findProcess(user.UID)
	if p == "" {
		return nil
	}
	err := fmt.Errorf("user %q cannot be %s: it is used by %s", user.Name, done, p)
	if session {
		return resource.Certain(err)
	}
	return err
}

// findUserOwner returns the owner of the number that a user is to get; "" if the number
// is free or does not change.
func findUserOwner(ctx context.Context, users *userdb.DB, c resource.Change) string {
	uid, ok := uidOf(c.Want)
	if !ok || !c.Differs("uid") {
		return ""
	}
	owner, err := users.UserByID(ctx, uid)
	if err != nil || owner.Name == c.Label() {
		return ""
	}
	return owner.Name
}
