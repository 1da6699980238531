package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Accounts knows the users and groups of the root. An unknown name is
// userdb.ErrUnknown; the name of a number without an account is the number.
type Accounts interface {
	UID(ctx context.Context, name string) (uint32, error)
	GID(ctx context.Context, name string) (uint32, error)
	UserName(uid uint32) string
	GroupName(gid uint32) string
}

// access compares modes, owners and groups with wanted ones, and resolves the latter, by the accounts of the machine.
type access struct{ accounts Accounts }

// isSame reports whether the managed ones of mode, owner and group are as wanted.
func (a access) isSame(ctx context.Context, want *resources.Permissions, live fsys.Info) (bool, error) {
	mode, err := resolveMode(want, live.Mode, live.Type == fsys.Directory)
	if err != nil || mode != live.Mode {
		return false, err
	}
	same, err := a.isOwner(ctx, want.Owner.Value, live.UID)
	if err != nil || !same {
		return false, err
	}
	return a.isGroup(ctx, want.Group.Value, live.GID)
}

// isOwner reports whether the user is uid. An unknown user is not: it may be made
// in this run. No name: the owner is not managed.
func (a access) isOwner(ctx context.Context, name string, uid uint32) (bool, error) {
	if name == "" {
		return true, nil
	}
	wanted, err := a.accounts.UID(ctx, name)
	return isNumber(wanted, uid, err)
}

// isGroup is isOwner for groups.
func (a access) isGroup(ctx context.Context, name string, gid uint32) (bool, error) {
	if name == "" {
		return true, nil
	}
	wanted, err := a.accounts.GID(ctx, name)
	return isNumber(wanted, gid, err)
}

func isNumber(wanted, id uint32, err error) (bool, error) {
	if errors.Is(err, userdb.ErrUnknown) {
		return false, nil
	}
	return err == nil && wanted == id, err
}

// describe returns the present mode, owner and group, in the wanted words if they are as wanted.
func (a access) describe(ctx context.Context, want *resources.Permissions, live fsys.Info) (resources.Permissions, error) {
	out := resources.Permissions{
		Mode:  resource.Some(resources.FormatMode(live.Mode)),
		Owner: resource.Some(a.accounts.UserName(live.UID)), Group: resource.Some(a.accounts.GroupName(live.GID)),
	}
	mode, err := resolveMode(want, live.Mode, live.Type == fsys.Directory)
	if err != nil {
		return out, err
	}
	if want.Mode.Set && mode == live.Mode {
		out.Mode = want.Mode
	}
	owner, err := a.isOwner(ctx, want.Owner.Value, live.UID)
	if owner && want.Owner.Set {
		out.Owner = want.Owner
	}
	group, gerr := a.isGroup(ctx, want.Group.Value, live.GID)
	if group && want.Group.Set {
		out.Group = want.Group
	}
	return out, cmp.Or(err, gerr)
}

// resolve returns the wanted owner and mode; unmanaged parts come from base.
// Unlike in isSame, an unknown name is an error. The set-id bits that another user gave a
// program are not among what stays when it changes hands: see withoutGrants.
func (a access) resolve(ctx context.Context, want *resources.Permissions, base fsys.Perm, dir bool) (fsys.Perm, error) {
	out := base
	var err error
	if name := want.Owner.Value; name != "" {
		if out.UID, err = a.accounts.UID(ctx, name); err != nil {
			return out, explainUnknown(err, "owner", "user", name)
		}
	}
	if name := want.Group.Value; name != "" {
		if out.GID, err = a.accounts.GID(ctx, name); err != nil {
			return out, explainUnknown(err, "group", "group", name)
		}
	}
	if !dir {
		base = withoutGrants(base, out)
	}
	out.Mode, err = resolveMode(want, base.Mode, dir)
	return out, err
}

// withoutGrants returns what a file keeps of its mode on the way from one owner and group to
// another: without the set-id bits of a user who is not root. Such a user chose the program;
// kept, they would have it run with the rights of the new owner. The kernel clears them for that
// reason as well.
func withoutGrants(from, to fsys.Perm) fsys.Perm {
	if from.UID != 0 && (from.UID != to.UID || from.GID != to.GID) {
		from.Mode &^= setID
	}
	return from
}

// losesGrants reports whether a file loses set-id bits on that way.
func losesGrants(from, to fsys.Perm) bool {
	return from.Mode&setID != 0 && withoutGrants(from, to).Mode != from.Mode
}

// setID are the bits by which a program runs with the rights of its owner or group.
const setID = 0o6000

// explainUnknown names the attribute with an unknown account, and what would make that account.
func explainUnknown(err error, attr, kind, name string) error {
	if !errors.Is(err, userdb.ErrUnknown) {
		return err
	}
	return fmt.Errorf("%w for %s: neither this host nor the manifest has it (%s %q { … } would make it)", err, attr, kind, name)
}

// resolveMode returns the mode that an entry with the bits live should have; live
// if it is not managed.
func resolveMode(want *resources.Permissions, live uint32, dir bool) (uint32, error) {
	if want.Mode.Value == "" {
		return live, nil
	}
	m, err := resources.ParseMode(want.Mode.Value)
	if err != nil {
		return 0, fmt.Errorf("cannot read mode: %w", err) // Prepare has read it before
	}
	return m.Apply(live, dir), nil
}

// resolveOwner returns the wanted owner, if one is set and known.
func (a access) resolveOwner(ctx context.Context, want *resources.Permissions) (uid uint32, set bool) {
	if want.Owner.Value == "" {
		return 0, false
	}
	uid, err := a.accounts.UID(ctx, want.Owner.Value)
	return uid, err == nil
}

// isOneAccount reports whether two values of the attribute owner or group mean one
// account.
func (a access) isOneAccount(ctx context.Context, attr, x, y string) bool {
	resolve := a.accounts.UID
	if attr == "group" {
		resolve = a.accounts.GID
	}
	n, err := resolve(ctx, x)
	if err != nil {
		return false
	}
	m, err := resolve(ctx, y)
	return err == nil && n == m
}

// recursePermissions returns what recurse wants of an entry below: the directory's
// owner and group, and its mode as [resources.RecursedMode] has it.
func recursePermissions(want *resources.Permissions, info fsys.Info) resources.Permissions {
	out := resources.Permissions{Mode: want.Mode, Owner: want.Owner, Group: want.Group}
	if want.Mode.Value != "" && info.Type != fsys.Directory { // without FormatMode for each directory
		out.Mode.Value = resources.RecursedMode(want.Mode.Value, resources.Listed{Type: resources.TypeFile, Mode: resources.FormatMode(info.Mode)})
	}
	return out
}
