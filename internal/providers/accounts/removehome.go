package accounts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// checkHome refuses to remove a home directory that is not the user's alone. userdel(8) removes everything below it,
// including other users' homes and mounted file systems. It leaves a home that belongs to another user, but fails
// after it has removed the account.
func checkHome(ctx context.Context, u *Accounts, user userdb.User) error {
	if user.Home == "" {
		return nil
	}
	refuse := func(why string, args ...any) error {
		return fmt.Errorf("cannot remove the home directory %q of user %q: %s; without remove_home it stays", user.Home, user.Name, fmt.Sprintf(why, args...))
	}
	info, err := u.fs.Lstat(user.Home)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Type != fsys.Directory:
		return refuse("it is %s", info.Type)
	case info.Mount:
		return refuse("a file system is mounted there")
	case info.UID != user.UID:
		return refuse("it belongs to %s", u.users.UserName(info.UID))
	}
	switch other, err := findHomeIn(u, user); {
	case err != nil:
		return err
	case other != "":
		return refuse("it holds the home of user %q", other)
	}
	return u.fs.Walk(ctx, user.Home, func(e fsys.Entry) error {
		if e.Mount {
			return refuse("something is mounted at %q", resource.EncodeBytes(e.Path))
		}
		return nil
	})
}

// findHomeIn returns the name of another user whose home is user's home, or lies in it, and stays; "" if there is
// none.
func findHomeIn(u *Accounts, user userdb.User) (string, error) {
	all, err := u.users.LocalUsers()
	if err != nil {
		return "", err
	}
	home := resolveHome(u.fs, user.Home)
	for _, other := range all {
		if other.Name == user.Name {
			continue
		}
		at := resolveHome(u.fs, other.Home)
		if at == home && !u.declared.isDeclaredAbsent(other.Name) || strings.HasPrefix(at, home+"/") && !u.declared.losesHome(other.Name) {
			return other.Name, nil
		}
	}
	return "", nil
}

// resolveHome returns the physical path of a home; if the home does not exist, the path itself.
func resolveHome(tree *fsys.FS, home string) string {
	if real, err := tree.Resolve(home); err == nil && home != "" {
		return real
	}
	return path.Clean(home)
}

// isDeclaredAbsent reports whether a user is to be removed: it holds no home then, whether its removal comes before or
// after.
func (d *declarations) isDeclaredAbsent(name string) bool {
	r := d.resources["user:"+name]
	return r != nil && r.WantsAbsent()
}

// losesHome reports whether a user is to be removed together with its home.
func (d *declarations) losesHome(name string) bool {
	return d.isDeclaredAbsent(name) && resource.Must[resources.UserWant](d.resources["user:"+name].Want).RemoveHome.Value
}
