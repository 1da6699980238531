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
	return resource.ObserveTyped(ctx, want, g.read)
}

// read returns the wanted attributes of a group; nil if it does not exist.
func (g *Groups) read(ctx context.Context, want resources.GroupWant) (*resources.GroupWant, error) {
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
	switch what {
	case remove:
		return g.remove(ctx, group)
	case create:
		return g.create(ctx, want)
	case modify:
		return g.modify(ctx, group, want)
	}
	return nil
}

func (g *Groups) create(ctx context.Context, want resources.GroupWant) error {
	var args []string
	if want.GID.Set {
		args = append(args, "--gid", strconv.FormatInt(want.GID.Value, 10))
	}
	if want.System.Value {
		args = append(args, "--system")
	}
	if err := g.tools.run(ctx, "", "groupadd", append(args, want.Name)...); err != nil {
		return err
	}
	return g.setMembers(ctx, userdb.Group{Name: want.Name}, want)
}

func (g *Groups) modify(ctx context.Context, group userdb.Group, want resources.GroupWant) error {
	if want.GID.Set && want.GID.Value != int64(group.GID) {
		if err := g.tools.run(ctx, "", "groupmod", "--gid", strconv.FormatInt(want.GID.Value, 10), group.Name); err != nil {
			return err
		}
	}
	return g.setMembers(ctx, group, want)
}

// setMembers sets the whole list at once: adding and removing one by one would leave a part of it after a failure.
func (g *Groups) setMembers(ctx context.Context, group userdb.Group, want resources.GroupWant) error {
	members := want.Members.Value
	if want.Append.Value {
		members = slices.Concat(members, group.Members)
	}
	if !want.Members.Set || isSameSet(members, group.Members) {
		return nil
	}
	return g.tools.run(ctx, "", "gpasswd", "--members", strings.Join(sortedSet(members), ","), group.Name)
}

func (g *Groups) remove(ctx context.Context, group userdb.Group) error {
	if err := g.refusePrimary(group, func(userdb.User) bool { return true }); err != nil {
		return err
	}
	return g.tools.run(ctx, "", "groupdel", group.Name)
}

// refusePrimary refuses to remove the primary group of users that stay.
func (g *Groups) refusePrimary(group userdb.Group, stays func(u userdb.User) bool) error {
	users, err := g.users.Primary(group.GID)
	if err != nil {
		return err
	}
	var names []string
	for _, u := range users {
		if stays(u) {
			names = append(names, u.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return resource.Certain(fmt.Errorf("cannot remove group %q: it is the primary group of %s", group.Name, strings.Join(names, ", ")))
}

// ApplyAll implements [resource.Transactor].
func (g *Groups) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	return applyAll(ctx, cs, func(c resource.Change) bool { return g.findOwner(ctx, c) == "" }, g.Apply)
}

// Review implements [resource.Reviewer].
func (g *Groups) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast || c.Empty() {
		return r
	}
	r.Notes = g.noteLock()
	if c.Action == resource.Update && c.Differs("gid") {
		r.Notes = append(r.Notes, "files that belong to the old number keep it")
	}
	return r
}

// Record implements [resource.Recorder]: a removed group has members too.
func (g *Groups) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	if c.Action != resource.Delete {
		return c, nil, nil
	}
	have, err := g.read(ctx, resources.GroupWant{Name: c.Label(), Members: resource.Some([]string(nil))})
	if err == nil && have != nil {
		c.Have = resource.Encode(*have)
	}
	return c, nil, err
}

// Identify finds different names of one thing (see assembly.Names): a gid identifies its group.
func (g *Groups) Identify(_ context.Context, keys []string) (map[string]string, error) {
	return byNumber(keys, "group:", func(id uint32) (string, bool) {
		group, ok := g.users.LocalGroup(id)
		return group.Name, ok
	}), nil
}
