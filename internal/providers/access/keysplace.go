package access

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// keysPlace is the place of a user's keys.
type keysPlace struct {
	name  string // the path of the file
	real  string // its physical path
	moved string // where a change of the home takes the file along to; "": it stays
}

// keysFinder finds the file of all keys of a user.
type keysFinder struct{ *Files }

// find returns the file with the keys of a wanted user. past is the record of a change to be taken back; then it is
// the file of that change, even if sshd uses another one now. nil: there is none.
func (f keysFinder) find(ctx context.Context, want resources.UserWant, past *resources.PartPast) (at keysPlace, err error) {
	if past != nil && past.Of != "" {
		at.name = resource.DecodeBytes(past.Of)
		if now := resource.DecodeBytes(past.Now); now != "" && f.hasHomeOf(ctx, want.Name, now) {
			at.name = now
		}
		at.real = f.resolve(at.name)
		return at, nil
	}
	if at.name, err = f.locate(ctx, want.Name, false); err != nil {
		return at, err
	}
	a, err := f.Files.find(ctx, want.Name)
	if err != nil {
		return at, err
	}
	if f.isMoved(a, want, at.name) { // until then the file is in the former home
		at.moved, at.name = at.name, path.Clean(a.former)+at.name[len(a.home):]
	}
	at.real = f.resolve(at.name)
	return at, nil
}

// isMoved reports whether a file in the home of a user is taken along when the home is changed.
func (f keysFinder) isMoved(a account, want resources.UserWant, at string) bool {
	if a.former == "" || !want.CreatesHome() || !strings.HasPrefix(at, a.home+"/") {
		return false
	}
	if _, err := f.FS.Stat(a.former); err != nil {
		return false
	}
	_, err := f.FS.Lstat(a.home)
	return errors.Is(err, fs.ErrNotExist)
}

// hasHomeOf reports whether a file is in the home that a user has now.
func (f keysFinder) hasHomeOf(ctx context.Context, user, at string) bool {
	u, err := f.Users.User(ctx, user)
	return err == nil && strings.HasPrefix(at, path.Clean(u.Home)+"/")
}

// folder returns the key of the folder of a user's file of keys, unless the folder is the user's own: the user comes
// before its own folders.
func (f keysFinder) folder(ctx context.Context, user string) (string, bool) {
	at, err := f.locate(ctx, user, false)
	if err != nil {
		return "", false
	}
	a, err := f.Files.find(ctx, user)
	key := "path:" + resource.CanonicalPath(resource.EncodeBytes(path.Dir(f.resolve(at))))
	if err != nil || strings.HasPrefix(at, a.home+"/") {
		return "", false
	}
	for _, r := range f.declared {
		if r.Key == key && resource.Part[resources.Permissions](r.Want).Owner.Value == user {
			return "", false
		}
	}
	return key, true
}
