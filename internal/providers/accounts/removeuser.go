package accounts

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// listRemoved lists the home directory that is removed with its user, its
// content, and the mailbox.
func (u *Users) listRemoved(ctx context.Context, c resource.Change, o resource.Outlook) ([]string, error) {
	if c.Action != resource.Delete || !resource.Must[resources.UserWant](c.Want).RemoveHome.Value {
		return nil, nil
	}
	user, err := u.users.User(ctx, c.Label())
	if errors.Is(err, userdb.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var home []string
	g := goingHome{u.Accounts, user, true}
	err = g.walk(ctx, o.Pending != resource.NothingPending, func(path string) { home = append(home, resource.EncodeBytes(path)) })
	if err != nil {
		return nil, err
	}
	return append(home, listMail(u.fs, user)...), nil
}

// listMail returns the mailbox of a user, which userdel(8) removes with the home if it belongs to the user. MAIL_DIR
// of login.defs(5) gives its place.
func listMail(tree *fsys.FS, user userdb.User) []string {
	dir := "/var/mail"
	text, err := tree.ReadFile("/etc/login.defs", maxLoginDefs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "MAIL_DIR" {
			dir = f[1]
		}
	}
	box := path.Join(dir, user.Name)
	if info, err := tree.Lstat(box); err != nil || info.UID != user.UID {
		return nil
	}
	return []string{resource.EncodeBytes(box)}
}

// maxLoginDefs is how much of login.defs is read, in bytes.
const maxLoginDefs = 1 << 20

// recordRemoved adds the attributes that the manifest does not manage.
func (u *Users) recordRemoved(ctx context.Context, have *resources.UserWant) error {
	user, err := u.users.User(ctx, have.Name)
	if errors.Is(err, userdb.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	have.GID = resource.Some(int64(user.GID)) // its group may be removed with it
	group, err := u.namePrimary(ctx, user, "")
	if err != nil {
		return err
	}
	groups, err := u.listGroups(ctx, user.Name, nil, false)
	if err != nil {
		return err
	}
	have.Group, have.Groups = resource.Some(group), resource.Some(groups)
	all := resources.UserWant{Name: have.Name, Password: resource.Some(""), Locked: resource.Some(false), Expires: resource.Some(""), PasswordAge: wholeAge()}
	return u.addSecrets(all, have)
}
