package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
		have.Members = resource.Some(observedSet(group.Members, want.Members.Value, want.Append.Value))
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
	switch {
	case err != nil:
		return err
	case what == remove:
		return g.remove(ctx, group)
	case what == create:
		return g.create(ctx, want)
	case what == modify:
		return g.modify(ctx, group, want)
	}
	return nil
}

// notesOf tells what people should know of a change of a group.
func (g *Groups) notesOf(c resource.Change) []string {
	notes := g.notes()
	if c.Action == resource.Update && slices.ContainsFunc(c.Attrs, func(a resource.AttrChange) bool { return a.Name == "gid" }) {
		notes = append(notes, "files that belong to the old number keep it")
	}
	return notes
}

func (g *Groups) create(ctx context.Context, want resources.GroupWant) error {
	var args []string
	if want.GID.Set {
		args = append(args, "--gid", strconv.FormatInt(want.GID.Value, 10))
	}
	if want.System.Value {
		args = append(args, "--system")
	}
	if err := g.tool(ctx, "", "groupadd", append(args, want.Name)...); err != nil {
		return err
	}
	return g.setMembers(ctx, userdb.Group{Name: want.Name}, want)
}

func (g *Groups) modify(ctx context.Context, group userdb.Group, want resources.GroupWant) error {
	if want.GID.Set && want.GID.Value != int64(group.GID) {
		if err := g.tool(ctx, "", "groupmod", "--gid", strconv.FormatInt(want.GID.Value, 10), group.Name); err != nil {
			return err
		}
	}
	return g.setMembers(ctx, group, want)
}

// setMembers gives the whole list at once: adding and removing one by one
// would leave a part of it if it failed.
func (g *Groups) setMembers(ctx context.Context, group userdb.Group, want resources.GroupWant) error {
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
	return g.tool(ctx, "", "gpasswd", "--members", strings.Join(members, ","), group.Name)
}

func (g *Groups) remove(ctx context.Context, group userdb.Group) error {
	users, err := g.users.Primary(group.GID)
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
	return g.tool(ctx, "", "groupdel", group.Name)
}
