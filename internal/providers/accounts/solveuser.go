package accounts

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Solve implements [resource.Transactor]: the plan refuses what the tools would refuse.
func (u *Users) Solve(ctx context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	n := sumNumbers("uid", uidOf, cs)
	u.brought = mayBringTools(beside)
	return solveEach(cs, func(c resource.Change) error {
		if err := u.foreseeTools(c); err != nil && !u.brought {
			return err
		}
		user, err := u.users.User(ctx, c.Label())
		there := err == nil
		if _, err := decide(c, "user", "/etc/passwd", user.Remote, err); err != nil {
			return resource.Certain(err)
		}
		if err := n.claim(c); err != nil {
			return err
		}
		if resource.WantsAbsent(c.Want) {
			if err := u.declared.refuseNeeded("user", user.Name); err != nil {
				return err
			}
			return u.refuseUsed(user, "removed")
		}
		if err := u.checkNumber(ctx, c, n); err != nil {
			return err
		}
		if err := u.checkGroups(ctx, c, there); err != nil {
			return err
		}
		if !there {
			return refuseOpenUser(u.Accounts, resource.Must[resources.UserWant](c.Want))
		}
		return u.checkChange(c, user)
	})
}

// checkNumber refuses a uid that another user has.
func (u *Users) checkNumber(ctx context.Context, c resource.Change, n numbers) error {
	owner := u.findOwner(ctx, c)
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
func (u *Users) checkGroups(ctx context.Context, c resource.Change, there bool) error {
	want := resource.Must[resources.UserWant](c.Want)
	if name := want.Group.Value; name != "" && (!there || c.Differs("group")) {
		gid, err := u.users.GID(ctx, name)
		if err == nil { // of a number, too, there must be a group
			_, err = u.users.GroupByID(ctx, gid)
		}
		if errors.Is(err, userdb.ErrUnknown) {
			if err := u.declared.refuseUnknown("group", name); err != nil {
				return err
			}
		}
	}
	for _, name := range want.Groups.Value {
		g, err := u.users.Group(ctx, name)
		switch {
		case errors.Is(err, userdb.ErrUnknown):
			if err := u.declared.refuseUnknown("group", name); err != nil {
				return err
			}
		case err == nil && g.Remote:
			in, err := u.users.IsMember(ctx, want.Name, g)
			if err == nil && !in {
				return resource.Certain(fmt.Errorf("cannot make it a member of group %q: that group comes from a name service", name))
			}
		}
	}
	return nil
}

// checkChange refuses changes of an existing user that usermod would refuse.
func (u *Users) checkChange(c resource.Change, user userdb.User) error {
	want := resource.Must[resources.UserWant](c.Want)
	if c.Differs("locked") && !want.Locked.Value && !want.Password.Set {
		if _, err := u.chooseLockOption(user.Name, false); err != nil {
			return resource.Certain(err)
		}
	}
	if c.Differs("uid") || c.Differs("home") {
		return u.refuseUsed(user, "changed in uid or home")
	}
	return nil
}

// refuseUsed refuses a change of a user with a running process, as userdel and usermod do. A service of that user may
// be stopped before; no step of a run ends a login session.
func (u *Users) refuseUsed(user userdb.User, done string) error {
	if u.fs.Root() != "/" || user.Name == "" {
		return nil
	}
	p, session := findProcess(user.UID)
	if p == "" {
		return nil
	}
	err := resource.Busy(fmt.Errorf("user %q cannot be %s: it is used by %s", user.Name, done, p))
	if session {
		return resource.Certain(err)
	}
	return err
}

// findOwner returns the owner of the number that a user is to get; "" if the number is free or does not change.
func (u *Users) findOwner(ctx context.Context, c resource.Change) string {
	uid, ok := uidOf(c.Want)
	if !ok || !c.Differs("uid") {
		return ""
	}
	owner, err := u.users.UserByID(ctx, uid)
	if err != nil || owner.Name == c.Label() {
		return ""
	}
	return owner.Name
}
