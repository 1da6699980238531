package accounts

import (
	"context"
	"errors"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// keyChanges are the changes of the keys of users.
type keyChanges struct{ Keys }

// write writes the wanted keys of a user.
func (k keyChanges) write(ctx context.Context, want resources.UserWant) error {
	if !want.SSHKeys.Set || k.Keys == nil {
		return nil
	}
	err := k.Write(ctx, want)
	if errors.Is(err, fs.ErrNotExist) { // something after the user may make the folder
		return resource.Unfinished(err)
	}
	return err
}

// remarks are the notes of a plan about keys that are as declared.
func (k keyChanges) remarks(ctx context.Context, c resource.Change) []string {
	want := resource.Must[resources.UserWant](c.Want)
	if k.Keys == nil || !want.SSHKeys.Set {
		return nil
	}
	return k.Remarks(ctx, want.Name)
}

// review adds the effects of a change on the keys of a user.
func (k keyChanges) review(ctx context.Context, c resource.Change, o resource.Outlook, r resource.Review) resource.Review {
	isChange := c.Action == resource.Create || c.Action == resource.Update && c.Differs("ssh_keys")
	want := resource.Must[resources.UserWant](c.Want)
	if !isChange || !want.SSHKeys.Set || k.Keys == nil || r.Blocked != nil {
		return r
	}
	keys := k.Review(ctx, want, o)
	r.Blocked = keys.Blocked
	r.Removes, r.Notes = append(r.Removes, keys.Removes...), append(r.Notes, keys.Notes...)
	return r
}

// reviewContent lists the file that is removed with the last of the keys which a change removes.
func (k keyChanges) reviewContent(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	want := resource.Must[resources.UserWant](c.Want)
	if k.Keys == nil || c.Action != resource.Update || !c.Differs("ssh_keys") {
		return r
	}
	return k.Keys.Review(ctx, want, o)
}

// record records the state of the file of keys before a change of it.
func (k keyChanges) record(ctx context.Context, t resource.TypedChange[resources.UserWant]) error {
	if k.Keys == nil {
		return nil
	}
	was, err := k.Record(ctx, t.Want)
	t.Have.SSHWas = resource.NonEmpty(was)
	return err
}

// recordMove records whether a change of the home moves its content.
func recordMove(root *fsys.FS, t resource.TypedChange[resources.UserWant]) {
	t.Have.MovesHome = resource.Some(t.Want.CreatesHome() && isMovable(root, t.Have.Home.Value, t.Want.Home.Value))
}
