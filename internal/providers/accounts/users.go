package accounts

import (
	"context"
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Users is the provider of the kind user.
type Users struct {
	*Accounts
	userReader
	brought bool // what else the plan changes may bring files and tools that are missing
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
	return applyAll(ctx, cs, func(c resource.Change) bool { return u.findOwner(ctx, c) == "" && !awaitsHomes(ctx, u, c) }, u.Apply)
}

// awaitsHomes reports whether a removal follows changes of other users, whose homes are, or lie in, the one that goes.
func awaitsHomes(ctx context.Context, u *Users, c resource.Change) bool {
	if c.Action != resource.Delete || !resource.Must[resources.UserWant](c.Want).RemoveHome.Value {
		return false
	}
	user, err := u.users.User(ctx, c.Label())
	return err == nil && goingHome{u.Accounts, user, true}.waits()
}

// Review implements [resource.Reviewer].
func (u *Users) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch {
	case o.Ask == resource.AskContent:
		return keyChanges{u.keys}.reviewContent(ctx, c, o)
	case o.Ask != resource.AskForecast && o.Ask != resource.AskRemoval:
		return r
	case c.Empty():
		return resource.Review{Notes: keyChanges{u.keys}.remarks(ctx, c)}
	}
	r.Removes, r.Blocked = u.listRemoved(ctx, c, o)
	if c.Action == resource.Update && c.Differs("home") {
		r.Leaves = ListLeft(ctx, u.Accounts, resource.Must[resources.UserWant](c.Want))
	}
	if o.Ask == resource.AskForecast {
		r.Notes = u.noteUser(c)
		if err := u.foreseeTools(c); err != nil && u.brought {
			r.Notes = append(r.Notes, "as things stand, "+resource.Advise(err, "").Error())
		}
	}
	return keyChanges{u.keys}.review(ctx, c, o, r)
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
	case c.Action == resource.Update && t.Have != nil && (c.Differs("ssh_keys") || c.Differs("home")):
		if t.Want.SSHKeys.Set { // their file may move with the home
			err = keyChanges{u.keys}.record(ctx, t)
		}
		if c.Differs("home") {
			recordMove(u.fs, t)
		}
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

// Identify finds different names of one thing (see assembly.Names): a uid identifies its user, and only the machine
// knows the folder of the user's file of keys.
func (u *Users) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	out := byNumber(keys, "user:", func(id uint32) (string, bool) {
		user, ok := u.users.LocalUser(id)
		return user.Name, ok
	})
	if f, ok := u.keys.(interface {
		Identify(ctx context.Context, keys []string) (map[string]string, error)
	}); ok {
		files, err := f.Identify(ctx, keys)
		maps.Copy(out, files)
		return out, err
	}
	return out, nil
}
