package accounts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

func (u *Users) create(ctx context.Context, want resources.UserWant) error {
	if err := refuseUnshadowed(u.Accounts, want, resources.UserWant{}, true); err != nil {
		return err
	}
	args, err := u.listOptions(ctx, want, resources.UserWant{})
	if err != nil {
		return err
	}
	if !want.Group.Set { // by default useradd fails if a group with the user's name exists
		_, err := u.users.Group(ctx, want.Name)
		switch {
		case err == nil:
			args = append(args, "--gid", want.Name)
		case errors.Is(err, userdb.ErrUnknown):
			args = append(args, "--user-group")
		default:
			return err
		}
	}
	if want.CreatesHome() {
		args = append(args, "--create-home")
	} else {
		args = append(args, "--no-create-home")
	}
	if want.System.Value {
		args = append(args, "--system")
	}
	if err := u.tools.run(ctx, "", "useradd", append(args, want.Name)...); err != nil {
		return err
	}
	user, err := u.users.User(ctx, want.Name)
	if err != nil {
		return err
	}
	return u.modify(ctx, user, want) // password and lock, which useradd does not take
}

// listOptions returns the options of useradd and usermod for the attributes that differ in a user.
func (u *Users) listOptions(ctx context.Context, want, have resources.UserWant) ([]string, error) {
	var args []string
	for _, f := range []struct {
		option     string
		want, have resource.Opt[string]
	}{
		{"--gid", want.Group, have.Group},
		{"--home", want.Home, have.Home},
		{"--shell", want.Shell, have.Shell},
		{"--comment", want.Comment, have.Comment},
	} {
		if f.want.Set && f.want != f.have {
			args = append(args, f.option, resource.DecodeBytes(f.want.Value))
		}
	}
	if want.UID.Set && want.UID != have.UID {
		args = append(args, "--uid", strconv.FormatInt(want.UID.Value, 10))
	}
	if day := want.Expires.Value; day != "" && want.Expires != have.Expires {
		if day == never {
			day = ""
		}
		args = append(args, "--expiredate", day)
	}
	if !want.Groups.Set || isSameSet(want.Groups.Value, have.Groups.Value) {
		return args, nil
	}
	groups, err := u.listLocalGroups(ctx, want.Groups.Value)
	if len(groups) > 0 || have.Groups.Set { // a new user is in none
		args = append(args, "--groups", strings.Join(groups, ","))
	}
	if want.Append.Value && have.Groups.Set {
		args = append(args, "--append")
	}
	return args, err
}

// modify changes what differs now.
func (u *Users) modify(ctx context.Context, user userdb.User, want resources.UserWant) error {
	have, err := u.read(ctx, want)
	if err != nil {
		return err
	}
	if have == nil {
		have = &resources.UserWant{}
	}
	if err := refuseUnshadowed(u.Accounts, want, *have, false); err != nil {
		return err
	}
	args, err := u.listOptions(ctx, want, *have)
	if err != nil {
		return err
	}
	if want.Home.Set && want.Home != have.Home && want.CreatesHome() && isMovable(u.fs, user.Home, want.Home.Value) {
		args = append(args, "--move-home")
	}
	setsPassword := want.Password.Set && want.Password != have.Password
	if want.Locked.Set && want.Locked != have.Locked && !setsPassword {
		lock, err := u.chooseLockOption(user.Name, want.Locked.Value)
		if err != nil {
			return err
		}
		args = append(args, lock)
	}
	if len(args) > 0 {
		if err := u.tools.run(ctx, "", "usermod", append(args, user.Name)...); err != nil {
			return err
		}
	}
	if setsPassword {
		if err := u.setPassword(ctx, user.Name, want); err != nil {
			return err
		}
	}
	if err := u.setAge(ctx, user.Name, want.PasswordAge, have.PasswordAge); err != nil {
		return err
	}
	return keyChanges{u.keys}.write(ctx, want)
}

// isMovable reports whether a home can be moved: usermod fails half way through if the old home is missing, or
// something is at the new place.
func isMovable(root *fsys.FS, from, to string) bool {
	if _, err := root.Stat(from); err != nil {
		return false
	}
	_, err := root.Lstat(to)
	return errors.Is(err, fs.ErrNotExist)
}

// chooseLockOption returns usermod's option for the lock. usermod refuses to unlock an
// account without password, and still exits with 0.
func (u *Users) chooseLockOption(name string, lock bool) (string, error) {
	if lock {
		return "--lock", nil
	}
	s, err := u.users.Shadow(name)
	if err == nil && resources.TrimLock(s.Password) == resources.NoPassword {
		err = fmt.Errorf("cannot unlock user %q: it has no password", name)
	}
	return "--unlock", err
}

// setPassword passes the hash on standard input, because everyone can read arguments. A lock that is not managed stays
// as it is.
func (u *Users) setPassword(ctx context.Context, name string, want resources.UserWant) error {
	hash, lock := want.Password.Value, want.Locked.Value
	if !want.Locked.Set {
		s, err := u.users.Shadow(name)
		if err != nil && !errors.Is(err, userdb.ErrUnknown) {
			return err
		}
		lock = strings.HasPrefix(s.Password, "!") && s.Password != resources.NoPassword
	}
	if lock && !strings.HasPrefix(hash, "!") {
		hash = "!" + hash
	}
	return u.tools.run(ctx, name+":"+hash+"\n", "chpasswd", "--encrypted")
}

// keepsGroup reports whether the group of a removed user's name stays.
func (u *Users) keepsGroup(want resources.UserWant) bool {
	return !want.RemoveGroup.Or(true) || u.declared.isDeclared("group:"+want.Name)
}

func (u *Users) remove(ctx context.Context, user userdb.User, want resources.UserWant) (err error) {
	if want.RemoveHome.Value {
		if err := (goingHome{u.Accounts, user, false}).walk(ctx, false, func(string) {}); err != nil {
			return err
		}
	}
	release, err := u.occupyGroup(ctx, user, want)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	var args []string
	if want.RemoveHome.Value {
		args = []string{"--remove"}
	}
	err = u.tools.run(ctx, "", "userdel", append(args, user.Name)...)
	var failed *toolError
	// userdel(8): 12 "can't remove home directory", also without one. The account itself is removed by then.
	if errors.As(err, &failed) && failed.status == 12 {
		if _, gone := u.fs.Lstat(user.Home); errors.Is(gone, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}

// occupyGroup makes the superuser a member of the group of the user's name until release is called, if the group is to
// stay: userdel keeps a group with other members.
func (u *Users) occupyGroup(ctx context.Context, user userdb.User, want resources.UserWant) (release func() error, err error) {
	release = func() error { return nil }
	root, ok := u.users.LocalUser(0)
	group, err := u.users.Group(ctx, user.Name)
	if !u.keepsGroup(want) || !ok || err != nil || group.Remote || group.GID != user.GID {
		return release, nil //nolint:nilerr // there is no group that userdel would remove
	}
	if in, err := u.users.IsMember(ctx, root.Name, group); in || err != nil {
		return release, err
	}
	if err := u.tools.run(ctx, "", "gpasswd", "--add", root.Name, group.Name); err != nil {
		return nil, err
	}
	return func() error { return u.tools.run(ctx, "", "gpasswd", "--delete", root.Name, group.Name) }, nil
}
