package accounts

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Users is the provider of the kind user.
type Users struct {
	*Accounts
	reader *userReader
}

// Observe implements [resource.Provider].
func (u *Users) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return resource.ObserveTyped(ctx, want, u.reader.read)
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
	e := &userEditor{fs: u.fs, reader: u.reader, tools: u.tools}
	switch what {
	case remove:
		return e.remove(ctx, user, want.RemoveHome.Value)
	case create:
		return e.create(ctx, want)
	case modify:
		return e.modify(ctx, user, want)
	}
	return nil
}

// ApplyAll implements [resource.Transactor].
func (u *Users) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	return applyAll(ctx, cs, func(c resource.Change) bool { return findUserOwner(ctx, u.users, c) == "" }, u.Apply)
}

// Solve implements [resource.Transactor]: what the tools would refuse is refused in
// the plan.
func (u *Users) Solve(ctx context.Context, cs []resource.Change) (resource.Forecast, error) {
	n := sumNumbers("uid", uidOf, cs)
	f := &userForecaster{root: u.fs, users: u.users, declared: u.declared}
	u.going = map[string]bool{}
	return solveEach(cs, func(c resource.Change) error {
		user, err := u.users.User(ctx, c.Label())
		if _, err := decide(c, "user", "/etc/passwd", user.Remote, err); err != nil {
			return resource.Certain(err)
		}
		if err := n.claim(c); err != nil {
			return err
		}
		there := err == nil
		if wantsAbsent(c) {
			if err := u.declared.refuseNeeded("user", user.Name); err != nil {
				return err
			}
			err := f.refuseUsed(user, "removed")
			u.going[user.Name] = !errors.Is(err, resource.ErrCertain)
			return err
		}
		if err := f.checkNumber(ctx, c, n); err != nil {
			return err
		}
		if err := f.checkGroups(ctx, c, user, there); err != nil {
			return err
		}
		return f.checkChange(c, user, there)
	})
}
