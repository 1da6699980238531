package accounts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Users is the provider of the kind user.
type Users struct {
	*Accounts
	userReader
}

// Observe implements [resource.Provider].
func (u *Users) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return resource.ObserveTyped(ctx, want, u.read)
}

// Apply implements [resource.Provider].
func (u *Users) Apply(ctx context.Context, c resource.Change) error {
	want, err := resource.Decode[resources.UserWant](c.Want)
	if err != nil {
		return err
	}
	ctx, end, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	user, err := u.users.User(ctx, want.Name)
	what, err := decide(c, "user", "/etc/passwd", user.Remote, err)
	if err != nil {
		return err
	}
	switch what {
	case remove:
		return u.remove(ctx, user, want)
	case create:
		return u.create(ctx, want)
	case modify:
		return u.modify(ctx, user, want)
	}
	return nil
}

// ApplyAll implements [resource.Transactor].
func (u *Users) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	return applyAll(ctx, cs, func(c resource.Change) bool { return u.findOwner(ctx, c) == "" }, u.Apply)
}

// Solve implements [resource.Transactor]: what the tools would refuse is refused in
// the plan.
func (u *Users) Solve(ctx context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	n := sumNumbers("uid", uidOf, cs)
	return solveEach(cs, func(c resource.Change) error {
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
		if err := u.checkGroups(ctx, c, there); err != nil || !there {
			return err
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

// checkChange refuses what usermod would refuse to change in an existing user.
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

// refuseUsed refuses a change of a user that still has a process, as userdel and
// usermod do. A service of that user may be stopped before; no step of a run ends
// a login session.
func (u *Users) refuseUsed(user userdb.User, done string) error {
	if u.fs.Root() != "/" || user.Name == "" {
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

// findOwner returns the owner of the number that a user is to get; "" if the number
// is free or does not change.
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

// Review implements [resource.Reviewer].
func (u *Users) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if c.Empty() || o.Ask != resource.AskForecast && o.Ask != resource.AskRemoval {
		return r
	}
	r.Removes, r.Blocked = u.listRemoved(ctx, c)
	if o.Ask == resource.AskForecast {
		r.Notes = u.noteUser(c)
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

// Record implements [resource.Recorder]: which group a new user takes that was there
// before, all attributes of a removed user, and whether the home of a changed one is
// moved. The content of a removed home is not kept.
func (u *Users) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	t, err := resource.TypeChange[resources.UserWant](c)
	if err != nil {
		return c, nil, err
	}
	switch {
	case c.Action == resource.Create && !t.Want.Group.Set:
		if _, err := u.users.Group(ctx, t.Want.Name); err == nil {
			t.Want.Group = resource.Some(t.Want.Name)
		}
	case c.Action == resource.Update && c.Differs("home") && t.Have != nil:
		t.Have.MovesHome = resource.Some(t.Want.CreatesHome() && isMovable(u.fs, t.Have.Home.Value, t.Want.Home.Value))
	case c.Action == resource.Delete:
		if u.keepsGroup(t.Want) {
			t.Want.RemoveGroup = resource.Some(false)
		}
		err = u.recordRemoved(ctx, t.Have)
	default:
		return c, nil, nil
	}
	if err != nil {
		return c, nil, err
	}
	if t.Have != nil {
		c.Have = resource.Encode(*t.Have)
	}
	c.Want = resource.Encode(t.Want)
	return c, nil, nil
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
	all := resources.UserWant{Name: have.Name, Password: resource.Some(""), Locked: resource.Some(false), Expires: resource.Some("")}
	return u.addSecrets(all, have)
}

// Identify tells names of one thing apart (see assembly.Names): a uid identifies the user that
// has it.
func (u *Users) Identify(_ context.Context, keys []string) (map[string]string, error) {
	return byNumber(keys, "user:", func(id uint32) (string, bool) {
		user, ok := u.users.LocalUser(id)
		return user.Name, ok
	}), nil
}
