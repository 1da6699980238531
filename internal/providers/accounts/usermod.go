package accounts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

func (u *Users) create(ctx context.Context, want cty.Value) error {
	name := resource.StringAttr(want, "name")
	args, err := u.newGroup(ctx, want)
	if err != nil {
		return err
	}
	args = append(args, fields(want, func(string) bool { return true })...)
	if resources.CreatesHome(want) {
		args = append(args, "--create-home")
	} else {
		args = append(args, "--no-create-home")
	}
	if resource.BoolAttr(want, "system") {
		args = append(args, "--system")
	}
	groups, err := u.localGroups(ctx, want)
	if err != nil {
		return err
	}
	if len(groups) > 0 {
		args = append(args, "--groups", strings.Join(groups, ","))
	}
	if err := u.tool(ctx, "", "useradd", append(args, name)...); err != nil {
		return err
	}
	user, err := u.users.User(ctx, name)
	if err != nil {
		return err
	}
	return u.modify(ctx, user, want) // password and lock, which useradd does not take
}

// newGroup determines a new user's primary group. By default useradd fails if a
// group with the user's name exists.
func (u *Users) newGroup(ctx context.Context, want cty.Value) ([]string, error) {
	if resource.HasAttr(want, "group") {
		return nil, nil // among the fields
	}
	name := resource.StringAttr(want, "name")
	_, err := u.users.Group(ctx, name)
	switch {
	case err == nil:
		return []string{"--gid", name}, nil
	case errors.Is(err, userdb.ErrUnknown):
		return []string{"--user-group"}, nil
	}
	return nil, err
}

// fields are the options that useradd and usermod share, for the attributes
// that are set and chosen.
func fields(want cty.Value, chosen func(attr string) bool) []string {
	var args []string
	for _, f := range []struct{ attr, option string }{
		{"group", "--gid"},
		{"home", "--home"},
		{"shell", "--shell"},
		{"comment", "--comment"},
	} {
		if v := resource.GetAttr(want, f.attr); v != cty.NilVal && chosen(f.attr) {
			args = append(args, f.option, resource.DecodeBytes(v.AsString()))
		}
	}
	if v := resource.GetAttr(want, "uid"); v != cty.NilVal && chosen("uid") {
		args = append(args, "--uid", v.AsBigFloat().Text('f', 0))
	}
	if day := resource.StringAttr(want, "expires"); day != "" && chosen("expires") {
		if day == never {
			day = ""
		}
		args = append(args, "--expiredate", day)
	}
	return args
}

// modify changes what differs now.
func (u *Users) modify(ctx context.Context, user userdb.User, want cty.Value) error {
	have, err := u.Observe(ctx, want)
	if err != nil {
		return err
	}
	differs := func(attr string) bool {
		w := resource.GetAttr(want, attr)
		if w == cty.NilVal {
			return false
		}
		h := resource.GetAttr(have, attr)
		return h == cty.NilVal || !h.RawEquals(w)
	}
	args := fields(want, differs)
	if differs("home") && resources.CreatesHome(want) && u.movable(user.Home, resource.StringAttr(want, "home")) {
		args = append(args, "--move-home")
	}
	if differs("groups") {
		groups, err := u.localGroups(ctx, want)
		if err != nil {
			return err
		}
		args = append(args, "--groups", strings.Join(groups, ","))
		if resource.BoolAttr(want, "append") {
			args = append(args, "--append")
		}
	}
	if differs("locked") && !differs("password") {
		lock, err := u.lockOption(user.Name, resource.BoolAttr(want, "locked"))
		if err != nil {
			return err
		}
		args = append(args, lock)
	}
	if len(args) > 0 {
		if err := u.tool(ctx, "", "usermod", append(args, user.Name)...); err != nil {
			return err
		}
	}
	if differs("password") {
		return u.setPassword(ctx, user.Name, want)
	}
	return nil
}

// movable reports whether a home can be moved: usermod fails half way through
// if there is nothing to move, or something at the new place.
func (u *Users) movable(from, to string) bool {
	if _, err := u.fs.Stat(from); err != nil {
		return false
	}
	_, err := u.fs.Lstat(to)
	return errors.Is(err, fs.ErrNotExist)
}

// lockOption is usermod's option for the lock. usermod refuses to unlock an
// account without password, and still exits with 0.
func (u *Users) lockOption(name string, lock bool) (string, error) {
	if lock {
		return "--lock", nil
	}
	s, err := u.users.Shadow(name)
	if err == nil && resources.TrimLock(s.Password) == resources.NoPassword {
		err = fmt.Errorf("cannot unlock user %q: it has no password", name)
	}
	return "--unlock", err
}

// setPassword hands the hash over on standard input: arguments are for
// everyone to read. A lock that is not managed stays as it is.
func (u *Users) setPassword(ctx context.Context, name string, want cty.Value) error {
	hash := resource.StringAttr(want, "password")
	lock := resource.BoolAttr(want, "locked")
	if !resource.HasAttr(want, "locked") {
		s, err := u.users.Shadow(name)
		if err != nil && !errors.Is(err, userdb.ErrUnknown) {
			return err
		}
		lock = strings.HasPrefix(s.Password, "!") && s.Password != resources.NoPassword
	}
	if lock && !strings.HasPrefix(hash, "!") {
		hash = "!" + hash
	}
	return u.tool(ctx, name+":"+hash+"\n", "chpasswd", "--encrypted")
}

func (u *Users) remove(ctx context.Context, user userdb.User, home bool) error {
	var args []string
	if home {
		args = []string{"--remove"}
	}
	err := u.tool(ctx, "", "userdel", append(args, user.Name)...)
	var failed *toolError
	// userdel(8): 12 "can't remove home directory", also when there is none. The
	// account itself is removed by then.
	if errors.As(err, &failed) && failed.status == 12 {
		if _, gone := u.fs.Lstat(user.Home); errors.Is(gone, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}
