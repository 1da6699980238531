package accounts

import (
	"context"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// ListLeft lists the paths that are moved or disused once a user has the wanted home: the old home with all its
// contents, ending in a slash, or otherwise the file of keys that stays in it. None of them is removed.
func ListLeft(ctx context.Context, a *Accounts, want resources.UserWant) []string {
	if want.IsAbsent() || !want.Home.Set {
		return nil
	}
	user, err := a.users.User(ctx, want.Name)
	if err != nil || user.Home == "" || user.Home == resource.DecodeBytes(want.Home.Value) {
		return nil // there is no old home, or the change itself reports the problem
	}
	if want.CreatesHome() && isMovable(a.fs, user.Home, resource.DecodeBytes(want.Home.Value)) {
		return []string{placeOf(a.fs, user.Home) + "/"}
	}
	if a.keys == nil {
		return nil
	}
	home := user.Home
	if real, err := a.fs.Resolve(home); err == nil {
		home = real
	}
	if at := a.keys.LocateNow(ctx, want.Name); strings.HasPrefix(at, resource.CanonicalPath(resource.EncodeBytes(home))+"/") {
		return []string{at}
	}
	return nil
}

// placeOf returns the physical path of a folder, in the form of manifests. If the folder is a link, the link is moved.
func placeOf(root *fsys.FS, folder string) string {
	dir, name := path.Split(path.Clean(folder))
	if real, err := root.Resolve(path.Clean(dir)); err == nil {
		dir = real
	}
	return resource.CanonicalPath(resource.EncodeBytes(path.Join(dir, name)))
}
