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
func (g *Groups) Solve(ctx context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	n := sumNumbers("gid", gidOf, cs)
	brought := mayBringTools(beside)
	return solveEach(cs, func(c resource.Change) error {
		if err := g.foreseeTools(c); err != nil && !brought {
			return err
		}
		group, err := g.users.Group(ctx, c.Label())
		if _, err := decide(c, "group", "/etc/group", group.Remote, err); err != nil {
			return resource.Certain(err)
		}
		if resource.WantsAbsent(c.Want) {
			if err := g.declared.refuseNeeded("group", group.Name); err != nil {
				return err
			}
			return g.checkRemoval(ctx, group, beside)
		}
		if err := n.claim(c); err != nil {
			return err
		}
		gid, _ := gidOf(c.Want)
		if owner := g.findOwner(ctx, c); owner != "" && (!n.freed[gid] || g.declared.goesAfter(owner, c)) {
			return resource.Certain(fmt.Errorf("gid %d belongs to group %q", gid, owner))
		} else if owner != "" {
			if err := n.refuseCircle(c, owner); err != nil {
				return err
			}
		}
		return g.checkMembers(ctx, c)
	})
}

// checkRemoval refuses to remove a group that stays the primary group of a user
// after this run. Users that beside removes need not be declared.
func (g *Groups) checkRemoval(ctx context.Context, group userdb.Group, beside iter.Seq[resource.Change]) error {
	going := map[string]bool{}
	for c := range beside {
		if c.Addr.Kind == "user" && resource.WantsAbsent(c.Want) {
			going[c.Label()] = true
		}
	}
	return g.refusePrimary(group, func(u userdb.User) bool {
		r := g.declared.resources["user:"+u.Name]
		return !going[u.Name] && (r == nil || !r.WantsAbsent() && !g.isOther(ctx, resource.Must[resources.UserWant](r.Want).Group.Value, group))
	})
}

// isOther reports whether a group, by name or number, is another one.
func (g *Groups) isOther(ctx context.Context, name string, group userdb.Group) bool {
	if name == "" || name == group.Name {
		return false
	}
	gid, err := g.users.GID(ctx, name)
	return err != nil || gid != group.GID
}

// checkMembers refuses members that are no users.
func (g *Groups) checkMembers(ctx context.Context, c resource.Change) error {
	for _, name := range resource.Must[resources.GroupWant](c.Want).Members.Value {
		if _, err := g.users.User(ctx, name); errors.Is(err, userdb.ErrUnknown) {
			if err := g.declared.refuseUnknown("user", name); err != nil {
				return err
			}
		}
	}
	return nil
}

// findOwner is [Users.findOwner] for groups.
func (g *Groups) findOwner(ctx context.Context, c resource.Change) string {
	gid, ok := gidOf(c.Want)
	if !ok || !c.Differs("gid") {
		return ""
	}
	owner, err := g.users.GroupByID(ctx, gid)
	if err != nil || owner.Name == c.Label() {
		return ""
	}
	return owner.Name
}
