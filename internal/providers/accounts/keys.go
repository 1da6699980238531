package accounts

import (
	"context"

	"converge/internal/resource"
	"converge/resources"
)

// writeKeys makes the keys of a user those that are wanted.
func (u *Users) writeKeys(ctx context.Context, want resources.UserWant) error {
	if !want.SSHKeys.Set || u.keys == nil {
		return nil
	}
	return u.keys.Write(ctx, want.Name, want.SSHKeys.Value, want.SSHWas.Value)
}

// reviewKeys adds the keys that a change of an existing user removes.
func (u *Users) reviewKeys(ctx context.Context, c resource.Change, r resource.Review) resource.Review {
	if c.Action != resource.Update || !c.Differs("ssh_keys") || u.keys == nil || r.Blocked != nil {
		return r
	}
	want := resource.Must[resources.UserWant](c.Want)
	removed, notes, err := u.keys.Removes(ctx, want.Name, want.SSHKeys.Value)
	if err != nil {
		r.Blocked = err
		return r
	}
	r.Removes, r.Notes = append(r.Removes, removed...), append(r.Notes, notes...)
	return r
}

// recordMove records whether a change of the home moves what lies in it.
func (u *Users) recordMove(t resource.TypedChange[resources.UserWant]) {
	t.Have.MovesHome = resource.Some(t.Want.CreatesHome() && isMovable(u.fs, t.Have.Home.Value, t.Want.Home.Value))
}

// recordKeys records what the file of keys is before a change of it.
func (u *Users) recordKeys(ctx context.Context, t resource.TypedChange[resources.UserWant]) error {
	was, err := u.keys.Record(ctx, t.Want.Name, t.Want.SSHKeys.Value)
	t.Have.SSHWas = resource.NonEmpty(was)
	return err
}
