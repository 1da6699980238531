package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/userdb"
)

// Groups is the provider of the kind group.
type Groups struct{ *Accounts }

// Observe implements [resource.Provider].
func (g *Groups) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	name := resource.StringAttr(want, "name")
	group, err := g.users.Group(ctx, name)
	if errors.Is(err, userdb.ErrUnknown) {
		return resource.Absent, nil
	}
	if err != nil {
		return cty.NilVal, err
	}
	have := map[string]cty.Value{"name": cty.StringVal(name), "gid": cty.NumberUIntVal(uint64(group.GID))}
	if members := resource.GetAttr(want, "members"); members != cty.NilVal {
		have["members"] = observedSet(group.Members, members, resource.BoolAttr(want, "append"))
	}
	return cty.ObjectVal(have), nil
}

// Apply implements [resource.Provider].
func (g *Groups) Apply(ctx context.Context, c resource.Change) error {
	ctx, end, err := g.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	group, err := g.users.Group(ctx, resource.StringAttr(c.Want, "name"))
	what, err := decide(c, "group", "/etc/group", group.Remote, err)
	switch {
	case err != nil:
		return err
	case what == remove:
		return g.remove(ctx, group)
	case what == create:
		return g.create(ctx, c.Want)
	case what == modify:
		return g.modify(ctx, group, c.Want)
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

func (g *Groups) create(ctx context.Context, want cty.Value) error {
	var args []string
	if gid := resource.GetAttr(want, "gid"); gid != cty.NilVal {
		args = append(args, "--gid", gid.AsBigFloat().Text('f', 0))
	}
	if resource.BoolAttr(want, "system") {
		args = append(args, "--system")
	}
	name := resource.StringAttr(want, "name")
	if err := g.tool(ctx, "", "groupadd", append(args, name)...); err != nil {
		return err
	}
	return g.setMembers(ctx, userdb.Group{Name: name}, want)
}

func (g *Groups) modify(ctx context.Context, group userdb.Group, want cty.Value) error {
	if gid := resource.GetAttr(want, "gid"); gid != cty.NilVal && !gid.RawEquals(cty.NumberUIntVal(uint64(group.GID))) {
		if err := g.tool(ctx, "", "groupmod", "--gid", gid.AsBigFloat().Text('f', 0), group.Name); err != nil {
			return err
		}
	}
	return g.setMembers(ctx, group, want)
}

// setMembers gives the whole list at once: adding and removing one by one
// would leave a part of it if it failed.
func (g *Groups) setMembers(ctx context.Context, group userdb.Group, want cty.Value) error {
	if !resource.HasAttr(want, "members") {
		return nil
	}
	members := resource.StringsAttr(want, "members")
	if resource.BoolAttr(want, "append") {
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
