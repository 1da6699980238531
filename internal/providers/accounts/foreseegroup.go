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

// groupForecaster refuses in the plan what the tools would refuse to do with
// groups.
type groupForecaster struct {
	users    *userdb.DB
	declared *declarations
	going    map[string]bool // by name, users that are to be removed
}

// goesAfter reports whether a group is removed only after users that need the
// group of a change: a group is removed after its last possible member.
func (f *groupForecaster) goesAfter(owner string, c resource.Change) bool {
	r := f.declared.resources["group:"+owner]
	if r == nil || !isAbsent(r) {
		return false
	}
	for key, u := range f.declared.resources {
		if strings.HasPrefix(key, "user:") && !isAbsent(u) && resource.Must[resources.UserWant](u.Want).Group.Value == c.Label() {
			return true
		}
	}
	return false
}

// checkRemoval refuses to remove a group that stays the primary group of a
// user after this run. Users that go need not be declared.
func (f *groupForecaster) checkRemoval(ctx context.Context, group userdb.Group) error {
	users, err := f.users.Primary(group.GID)
	if err != nil {
		return err
	}
	var names []string
	for _, u := range users {
		r := f.declared.resources["user:"+u.Name]
		if f.going[u.Name] || r != nil && (isAbsent(r) || f.isOtherGroup(ctx, resource.Must[resources.UserWant](r.Want).Group.Value, group)) {
			continue
		}
		names = append(names, u.Name)
	}
	if len(names) == 0 {
		return nil
	}
	return resource.Certain(fmt.Errorf("cannot remove group %q: it is the primary group of %s", group.Name, strings.Join(names, ", ")))
}

// isOtherGroup reports whether a group, by name or number, is another one.
func (f *groupForecaster) isOtherGroup(ctx context.Context, name string, group userdb.Group) bool {
	if name == "" || name == group.Name {
		return false
	}
	gid, err := f.users.GID(ctx, name)
	return err != nil || gid != group.GID
}

// checkMembers refuses members that are no users.
func (f *groupForecaster) checkMembers(ctx context.Context, c resource.Change) error {
	for _, name := range resource.Must[resources.GroupWant](c.Want).Members.Value {
		_, err := f.users.User(ctx, name)
		if !errors.Is(err, userdb.ErrUnknown) {
			continue
		}
		if err := f.declared.refuseUnknown("user", name, fmt.Errorf("there is no user %q", name)); err != nil {
			return err
		}
	}
	return nil
}

// findGroupOwner is as [findUserOwner] for groups.
func findGroupOwner(ctx context.Context, users *userdb.DB, c resource.Change) string {
	gid, ok := gidOf(c.Want)
	if !ok || !c.Differs("gid") {
		return ""
	}
	owner, err := users.GroupByID(ctx, gid)
	if err != nil || owner.Name == c.Label() {
		return ""
	}
	return owner.Name
}
