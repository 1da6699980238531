// Package access finds the files by which users log in with SSH and recognise hosts: where
// sshd looks for the keys of a user, where that user's home is, and as whose a missing file
// is made. It changes none of them itself: the kinds authorized_key and known_host are parts
// of files, and so is the attribute ssh_keys of a user ([UserKeys]).
//
// Start with [New]. sshd.go reads sshd_config, match.go judges its Match blocks, session.go
// finds the key of the session that converge runs in.
package access

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Options of [New].
type Options struct {
	FS    *fsys.FS
	Users *userdb.DB

	// OtherSites returns the keys of authorized keys that other sites of this host declare;
	// nil: there are none.
	OtherSites func() []string
}

// Files finds the files of users.
type Files struct {
	Options

	declared []*resource.Resource
	homes    map[string]string // that users are to have

	mu     sync.Mutex
	config *sshdConfig                   // nil: it was not read since Forget
	owners map[string]*resource.Resource // see ownersOf; nil: not known since Forget
}

// New returns the files of the users of a root.
func New(o Options) *Files { return &Files{Options: o} }

// Declare records what the manifest declares: homes of users that may not exist yet, and
// the keys that are not surplus.
func (f *Files) Declare(rs []*resource.Resource) {
	f.declared, f.homes = rs, map[string]string{}
	for _, r := range rs {
		if r.Off || r.Kind.Name != "user" {
			continue
		}
		if u := resource.Must[resources.UserWant](r.Want); !u.IsAbsent() && u.Home.Set {
			f.homes[u.Name] = resource.DecodeBytes(u.Home.Value)
		}
	}
}

// Forget forgets what was read of sshd_config.
func (f *Files) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.config, f.owners = nil, nil
}

// account is a user as far as it is known. One that is only declared has no number yet.
type account struct {
	name     string
	home     string
	uid, gid uint32
	exists   bool
	groups   []string
}

// find returns a user. The home is the declared one.
func (f *Files) find(ctx context.Context, name string) (account, error) {
	a := account{name: name, home: f.homes[name]}
	u, err := f.Users.User(ctx, name)
	switch {
	case errors.Is(err, userdb.ErrUnknown) && a.home != "":
		return a, nil
	case errors.Is(err, userdb.ErrUnknown):
		return a, resource.NoPlace(resource.Missing(fmt.Errorf("there is no user %q", name)))
	case err != nil:
		return a, err
	}
	if a.uid, a.gid, a.exists = u.UID, u.GID, true; a.home == "" {
		a.home = u.Home
	}
	if !path.IsAbs(a.home) || strings.ContainsRune(a.home, '#') {
		return a, fmt.Errorf("cannot find files of user %q: its home directory is %q; give path", name, a.home)
	}
	a.home = path.Clean(a.home)
	return a, nil
}

// Locate returns the file of a part that names a user and no path.
func (f *Files) Locate(ctx context.Context, w *resources.Part) (string, error) {
	return f.locate(ctx, w.User.Value, w.Part == resources.PartKnownHost)
}

func (f *Files) locate(ctx context.Context, user string, hosts bool) (string, error) {
	a, err := f.find(ctx, user)
	if err != nil {
		return "", err
	}
	if hosts {
		return path.Join(a.home, ".ssh/known_hosts"), nil
	}
	names, err := f.keyFiles(ctx, a)
	if err != nil {
		return "", err
	}
	return names[0], nil
}

// keyFiles returns the files in which sshd looks for keys of a user, in its order.
func (f *Files) keyFiles(ctx context.Context, a account) ([]string, error) {
	config, err := f.readConfig(ctx)
	if err != nil {
		return nil, err
	}
	patterns, err := config.keyFiles(a, func() ([]string, error) { return f.groupsOf(ctx, a) })
	if err != nil {
		return nil, fmt.Errorf("cannot find the file of the keys of user %q: %w", a.name, err)
	}
	out := make([]string, len(patterns))
	for i, p := range patterns {
		if out[i], err = expand(p, a); err != nil {
			return nil, fmt.Errorf("cannot find the file of the keys of user %q: %w", a.name, err)
		}
	}
	return out, nil
}

// groupsOf returns the names of the groups of a user that exists.
func (f *Files) groupsOf(ctx context.Context, a account) ([]string, error) {
	gids, err := f.Users.Groups(ctx, userdb.User{Name: a.name, UID: a.uid, GID: a.gid})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, gid := range gids {
		if g, err := f.Users.GroupByID(ctx, gid); err == nil {
			names = append(names, g.Name)
		}
	}
	return names, nil
}

// Founding returns how a missing file of keys or hosts is made, and its folder. In the home of
// a user, and in any folder of that user, both belong to the user alone. Elsewhere everybody
// may read it, because sshd reads keys as the user that logs in.
func (f *Files) Founding(ctx context.Context, w *resources.Part) (file, folder fsys.Perm, own bool, err error) {
	at := w.Path.Bytes()
	dir := path.Dir(at)
	if w.User.Set {
		a, err := f.find(ctx, w.User.Value)
		if err != nil {
			return file, folder, false, err
		}
		if a.home != "/" && strings.HasPrefix(at, a.home+"/") {
			file = fsys.Perm{Mode: 0o600, UID: a.uid, GID: a.gid}
			if folder = file; dir == a.home {
				return file, fsys.Perm{}, true, nil
			}
			folder.Mode = 0o700
			return file, folder, true, nil
		}
	}
	info, err := f.FS.Stat(dir)
	if err != nil {
		info, err = f.FS.Stat(path.Dir(dir))
	}
	if err != nil || info.UID == 0 {
		return file, folder, false, nil //nolint:nilerr // that there is no folder is told where the file is made
	}
	file = fsys.Perm{Mode: 0o600, UID: info.UID, GID: info.GID}
	folder = file
	folder.Mode = 0o700
	return file, folder, true, nil
}

// Identify returns the keys of the files of users by their paths (see assembly.Names).
func (f *Files) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	out := map[string]string{}
	for _, key := range keys {
		k, ok := resources.CutUserFileKey(key)
		if !ok {
			continue
		}
		if at, ok := f.physical(ctx, key, k); ok {
			out[key] = at
		}
	}
	return out, ctx.Err()
}

// physical is the key of a file or folder by its path; false if that is not known yet.
func (f *Files) physical(ctx context.Context, key string, k resources.UserFileKey) (string, bool) {
	if k.ID == "" {
		a, err := f.find(ctx, k.User)
		return "path:" + resource.CanonicalPath(resource.EncodeBytes(path.Join(a.home, k.Path))), err == nil
	}
	at, err := f.locate(ctx, k.User, k.Hosts)
	if err != nil {
		return "", false // observing it says why
	}
	return resource.PartKey(resource.CanonicalPath(resource.EncodeBytes(f.resolve(at))), k.ID), true
}

// resolve is the physical path of a file, which may be missing.
func (f *Files) resolve(at string) string {
	if real, err := f.FS.Resolve(at); err == nil {
		return real
	}
	if dir, err := f.FS.Resolve(path.Dir(at)); err == nil {
		return path.Join(dir, path.Base(at))
	}
	return at
}
