package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Solve implements [resource.Transactor]: what the tools would refuse is refused in
// the plan.
func (u *Users) Solve(ctx context.Context, cs []resource.Change) (resource.Forecast, error) {
	n := numbersOf("uid", uidOf, cs)
	u.going = map[string]bool{}
	return solve(cs, func(c resource.Change) error {
		user, err := u.users.User(ctx, c.Label())
		if _, err := decide(c, "user", "/etc/passwd", user.Remote, err); err != nil {
			return resource.Certain(err)
		}
		if err := n.claim(c); err != nil {
			return err
		}
		there := err == nil
		if wantsAbsent(c) {
			if err := u.needed("user", user.Name); err != nil {
				return err
			}
			err := u.busy(user, "removed")
			u.going[user.Name] = !errors.Is(err, resource.ErrCertain)
			return err
		}
		if err := u.foreseeNumber(ctx, c, n); err != nil {
			return err
		}
		if err := u.foreseeGroups(ctx, c, user, there); err != nil {
			return err
		}
		return u.foreseeChange(c, user, there)
	})
}

// foreseeNumber refuses a uid that another user has.
func (u *Users) foreseeNumber(ctx context.Context, c resource.Change, n numbers) error {
	owner := u.taken(ctx, c)
	uid, _ := uidOf(c.Want)
	if owner == "" {
		return nil
	}
	if n.freed[uid] {
		return n.circle(c, owner)
	}
	return resource.Certain(fmt.Errorf("uid %d belongs to user %q", uid, owner))
}

// foreseeGroups refuses wanted groups that do not exist or cannot be changed.
func (u *Users) foreseeGroups(ctx context.Context, c resource.Change, user userdb.User, there bool) error {
	want := resource.Must[resources.UserWant](c.Want)
	if name := want.Group.Value; name != "" && (!there || c.Differs("group")) {
		gid, err := u.users.GID(ctx, name)
		if err == nil { // of a number, too, there must be a group
			_, err = u.users.GroupByID(ctx, gid)
		}
		if errors.Is(err, userdb.ErrUnknown) {
			if err := u.unknown("group", name, fmt.Errorf("there is no group %q", name)); err != nil {
				return err
			}
		}
	}
	for _, name := range want.Groups.Value {
		g, err := u.users.Group(ctx, name)
		switch {
		case errors.Is(err, userdb.ErrUnknown):
			if err := u.unknown("group", name, fmt.Errorf("there is no group %q", name)); err != nil {
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

// foreseeChange refuses what usermod would refuse to change in an existing user.
func (u *Users) foreseeChange(c resource.Change, user userdb.User, there bool) error {
	if !there {
		return nil
	}
	want := resource.Must[resources.UserWant](c.Want)
	if c.Differs("locked") && !want.Locked.Value && !want.Password.Set {
		if _, err := u.lockOption(user.Name, false); err != nil {
			return resource.Certain(err)
		}
	}
	if c.Differs("uid") || c.Differs("home") {
		return u.busy(user, "changed in uid or home")
	}
	return nil
}

// busy refuses a change of a user that still has a process, as userdel and
// usermod do. A service of that user may be stopped before; no step of a run ends
// a login session.
func (u *Users) busy(user userdb.User, done string) error {
	if u.fs.Root() != "/" || user.Name == "" {
		return nil
	}
	p, session := processOf(user.UID)
	if p == "" {
		return nil
	}
	err := fmt.Errorf("user %q cannot be %s: it is used by %s", user.Name, done, p)
	if session {
		return resource.Certain(err)
	}
	return err
}

// Solve implements [resource.Transactor].
func (g *Groups) Solve(ctx context.Context, cs []resource.Change) (resource.Forecast, error) {
	n := numbersOf("gid", gidOf, cs)
	return solve(cs, func(c resource.Change) error {
		group, err := g.users.Group(ctx, c.Label())
		if _, err := decide(c, "group", "/etc/group", group.Remote, err); err != nil {
			return resource.Certain(err)
		}
		if wantsAbsent(c) {
			if err := g.needed("group", group.Name); err != nil {
				return err
			}
			return g.foreseeRemoval(ctx, group)
		}
		if err := n.claim(c); err != nil {
			return err
		}
		gid, _ := gidOf(c.Want)
		if owner := g.taken(ctx, c); owner != "" && (!n.freed[gid] || g.goesAfter(owner, c)) {
			return resource.Certain(fmt.Errorf("gid %d belongs to group %q", gid, owner))
		} else if owner != "" {
			if err := n.circle(c, owner); err != nil {
				return err
			}
		}
		return g.foreseeMembers(ctx, c)
	})
}

// goesAfter reports whether a group is removed only after users that need the
// group of a change: a group is removed after its last possible member.
func (g *Groups) goesAfter(owner string, c resource.Change) bool {
	r := g.declared["group:"+owner]
	if r == nil || !isAbsent(r) {
		return false
	}
	for key, u := range g.declared {
		if strings.HasPrefix(key, "user:") && !isAbsent(u) && resource.Must[resources.UserWant](u.Want).Group.Value == c.Label() {
			return true
		}
	}
	return false
}

// foreseeRemoval refuses to remove a group that stays the primary group of a
// user after this run. Users that go need not be declared.
func (g *Groups) foreseeRemoval(ctx context.Context, group userdb.Group) error {
	users, err := g.users.Primary(group.GID)
	if err != nil {
		return err
	}
	var names []string
	for _, u := range users {
		r := g.declared["user:"+u.Name]
		if g.going[u.Name] || r != nil && (isAbsent(r) || g.otherGroup(ctx, resource.Must[resources.UserWant](r.Want).Group.Value, group)) {
			continue
		}
		names = append(names, u.Name)
	}
	if len(names) == 0 {
		return nil
	}
	return resource.Certain(fmt.Errorf("cannot remove group %q: it is the primary group of %s", group.Name, strings.Join(names, ", ")))
}

// otherGroup reports whether a group, by name or number, is another one.
func (g *Groups) otherGroup(ctx context.Context, name string, group userdb.Group) bool {
	if name == "" || name == group.Name {
		return false
	}
	gid, err := g.users.GID(ctx, name)
	return err != nil || gid != group.GID
}

// foreseeMembers refuses members that are no users.
func (g *Groups) foreseeMembers(ctx context.Context, c resource.Change) error {
	for _, name := range resource.Must[resources.GroupWant](c.Want).Members.Value {
		_, err := g.users.User(ctx, name)
		if !errors.Is(err, userdb.ErrUnknown) {
			continue
		}
		if err := g.unknown("user", name, fmt.Errorf("there is no user %q", name)); err != nil {
			return err
		}
	}
	return nil
}
