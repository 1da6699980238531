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

// userEditor changes users by the shadow tools.
type userEditor struct {
	fs     *fsys.FS
	reader *userReader
	tools  *tools
}

func (e *userEditor) create(ctx context.Context, want resources.UserWant) error {
	args, err := e.chooseGroup(ctx, want)
	if err != nil {
		return err
	}
	args = append(args, listOptions(want, func(string) bool { return true })...)
	if want.CreatesHome() {
		args = append(args, "--create-home")
	} else {
		args = append(args, "--no-create-home")
	}
	if want.System.Value {
		args = append(args, "--system")
	}
	groups, err := e.reader.listLocalGroups(ctx, want.Groups.Value)
	if err != nil {
		return err
	}
	if len(groups) > 0 {
		args = append(args, "--groups", strings.Join(groups, ","))
	}
	if err := e.tools.run(ctx, "", "useradd", append(args, want.Name)...); err != nil {
		return err
	}
	user, err := e.reader.users.User(ctx, want.Name)
	if err != nil {
		return err
	}
	return e.modify(ctx, user, want) // password and lock, which useradd does not take
}

// chooseGroup determines a new user's primary group. By default useradd fails if a
// group with the user's name exists.
func (e *userEditor) chooseGroup(ctx context.Context, want resources.UserWant) ([]string, error) {
	if want.Group.Set {
		return nil, nil // among the fields
	}
	_, err := e.reader.users.Group(ctx, want.Name)
	switch {
	case err == nil:
		return []string{"--gid", want.Name}, nil
	case errors.Is(err, userdb.ErrUnknown):
		return []string{"--user-group"}, nil
	}
	return nil, err
}

// listOptions returns the options that useradd and usermod share, for the attributes
// that are set and chosen.
func listOptions(want resources.UserWant, chosen func(attr string) bool) []string {
	var args []string
	for _, f := range []struct {
		attr, option string
		value        resource.Opt[string]
	}{
		{"group", "--gid", want.Group},
		{"home", "--home", want.Home},
		{"shell", "--shell", want.Shell},
		{"comment", "--comment", want.Comment},
	} {
		if f.value.Set && chosen(f.attr) {
			args = append(args, f.option, resource.DecodeBytes(f.value.Value))
		}
	}
	if want.UID.Set && chosen("uid") {
		args = append(args, "--uid", strconv.FormatInt(want.UID.Value, 10))
	}
	if day := want.Expires.Value; day != "" && chosen("expires") {
		if day == never {
			day = ""
		}
		args = append(args, "--expiredate", day)
	}
	return args
}

// compareUsers returns the attributes of a user that are not as wanted.
func compareUsers(want, have resources.UserWant) map[string]bool {
	return map[string]bool{
		"uid":      want.UID.Set && want.UID != have.UID,
		"group":    want.Group.Set && want.Group != have.Group,
		"groups":   want.Groups.Set && !isSameSet(want.Groups.Value, have.Groups.Value),
		"home":     want.Home.Set && want.Home != have.Home,
		"shell":    want.Shell.Set && want.Shell != have.Shell,
		"comment":  want.Comment.Set && want.Comment != have.Comment,
		"password": want.Password.Set && want.Password != have.Password,
		"locked":   want.Locked.Set && want.Locked != have.Locked,
		"expires":  want.Expires.Set && want.Expires != have.Expires,
	}
}

// modify changes what differs now.
func (e *userEditor) modify(ctx context.Context, user userdb.User, want resources.UserWant) error {
	have, err := e.reader.read(ctx, want)
	if err != nil {
		return err
	}
	if have == nil {
		have = &resources.UserWant{}
	}
	differs := compareUsers(want, *have)
	args := listOptions(want, func(attr string) bool { return differs[attr] })
	if differs["home"] && want.CreatesHome() && isMovable(e.fs, user.Home, want.Home.Value) {
		args = append(args, "--move-home")
	}
	if differs["groups"] {
		groups, err := e.reader.listLocalGroups(ctx, want.Groups.Value)
		if err != nil {
			return err
		}
		args = append(args, "--groups", strings.Join(groups, ","))
		if want.Append.Value {
			args = append(args, "--append")
		}
	}
	if differs["locked"] && !differs["password"] {
		lock, err := chooseLockOption(e.reader.users, user.Name, want.Locked.Value)
		if err != nil {
			return err
		}
		args = append(args, lock)
	}
	if len(args) > 0 {
		if err := e.tools.run(ctx, "", "usermod", append(args, user.Name)...); err != nil {
			return err
		}
	}
	if differs["password"] {
		return e.setPassword(ctx, user.Name, want)
	}
	return nil
}

// isMovable reports whether a home can be moved: usermod fails half way through
// if there is nothing to move, or something at the new place.
func isMovable(root *fsys.FS, from, to string) bool {
	if _, err := root.Stat(from); err != nil {
		return false
	}
	_, err := root.Lstat(to)
	return errors.Is(err, fs.ErrNotExist)
}

// chooseLockOption returns usermod's option for the lock. usermod refuses to unlock an
// account without password, and still exits with 0.
func chooseLockOption(users *userdb.DB, name string, lock bool) (string, error) {
	if lock {
		return "--lock", nil
	}
	s, err := users.Shadow(name)
	if err == nil && resources.TrimLock(s.Password) == resources.NoPassword {
		err = fmt.Errorf("cannot unlock user %q: it has no password", name)
	}
	return "--unlock", err
}

// setPassword hands the hash over on standard input: arguments are for
// everyone to read. A lock that is not managed stays as it is.
func (e *userEditor) setPassword(ctx context.Context, name string, want resources.UserWant) error {
	hash, lock := want.Password.Value, want.Locked.Value
	if !want.Locked.Set {
		s, err := e.reader.users.Shadow(name)
		if err != nil && !errors.Is(err, userdb.ErrUnknown) {
			return err
		}
		lock = strings.HasPrefix(s.Password, "!") && s.Password != resources.NoPassword
	}
	if lock && !strings.HasPrefix(hash, "!") {
		hash = "!" + hash
	}
	return e.tools.run(ctx, name+":"+hash+"\n", "chpasswd", "--encrypted")
}

func (e *userEditor) remove(ctx context.Context, user userdb.User, home bool) error {
	var args []string
	if home {
		args = []string{"--remove"}
	}
	err := e.tools.run(ctx, "", "userdel", append(args, user.Name)...)
	var failed *toolError
	// userdel(8): 12 "can't remove home directory", also when there is none. The
	// account itself is removed by then.
	if errors.As(err, &failed) && failed.status == 12 {
		if _, gone := e.fs.Lstat(user.Home); errors.Is(gone, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}
