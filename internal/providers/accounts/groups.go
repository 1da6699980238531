package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Groups is the provider of the kind group.
type Groups struct{ *Accounts }

// Observe implements [resource.Provider].
func (g *Groups) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return resource.ObserveTyped(ctx, want, g.observe)
}

func (g *Groups) observe(ctx context.Context, want resources.GroupWant) (*resources.GroupWant, error) {
	group, err := g.users.Group(ctx, want.Name)
	if errors.Is(err, userdb.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := &resources.GroupWant{Name: want.Name, GID: resource.Some(int64(group.GID))}
	if want.Members.Set {
		have.Members = resource.Some(chooseObserved(group.Members, want.Members.Value, want.Append.Value))
	}
	return have, nil
}

// Apply implements [resource.Provider].
func (g *Groups) Apply(ctx context.Context, c resource.Change) error {
	want, err := resource.Decode[resources.GroupWant](c.Want)
	if err != nil {
		return err
	}
	ctx, end, err := g.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	group, err := g.users.Group(ctx, want.Name)
	what, err := decide(c, "group", "/etc/group", group.Remote, err)
	if err != nil {
		return err
	}
	e := &groupEditor{users: g.users, tools: g.tools}
	switch what {
	case remove:
		return e.remove(ctx, group)
	case create:
		return e.create(ctx, want)
	case modify:
		return e.modify(ctx, group, want)
	}
	return nil
}

// noteGroup returns what a reader of the plan should know of a change of a group.
func (g *Groups) noteGroup(c resource.Change) []string {
	notes := g.noteLock()
	if c.Action == resource.Update && slices.ContainsFunc(c.Attrs, func(a resource.AttrChange) bool { return a.Name == "gid" }) {
		notes = append(notes, "files that belong to the old number keep it")
	}
	return notes
}

// ApplyAll implements [resource.Transactor].
func (g *Groups) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	return applyAll(ctx, cs, func(c resource.Change) bool { return findGroupOwner(ctx, g.users, c) == "" }, g.Apply)
}

// Solve implements [resource.Transactor].
func (g *Groups) Solve(ctx context.Context, cs []resource.Change) (resource.Forecast, error) {
	n := sumNumbers("gid", gidOf, cs)
	f := &groupForecaster{users: g.users, declared: g.declared, going: g.going}
	return solveEach(cs, func(c resource.Change) error {
		group, err := g.users.Group(ctx, c.Label())
		if _, err := decide(c, "group", "/etc/group", group.Remote, err); err != nil {
			return resource.Certain(err)
		}
		if wantsAbsent(c) {
			if err := g.declared.refuseNeeded("group", group.Name); err != nil {
				return err
			}
			return f.checkRemoval(ctx, group)
		}
		if err := n.claim(c); err != nil {
			return err
		}
		gid, _ := gidOf(c.Want)
		if owner := findGroupOwner(ctx, g.users, c); owner != "" && (!n.freed[gid] || f.goesAfter(owner, c)) {
			return resource.Certain(fmt.Errorf("gid %d belongs to group %q", gid, owner))
		} else if owner != "" {
			if err := n.refuseCircle(c, owner); err != nil {
				return err
			}
		}
		return f.checkMembers(ctx, c)
	})
}
