// Package access finds the files by which users log in with SSH and recognise hosts: the files in which sshd looks for
// a user's keys, the user's home, and the owner that a missing file gets. It changes none of them itself: the kinds
// authorized_key and known_host are parts of files, and so is the attribute ssh_keys of a user ([UserKeys]).
//
// Start with [New]. sshd.go reads sshd_config, match.go evaluates its Match blocks, declared.go finds what the
// manifest declares of a file, session.go the key of the session that converge runs in.
package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"

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

	// Foresee makes the plan expect keys where the declared configuration puts them, before it is written. It is unset
	// if only a part of the declarations is applied, or earlier runs are taken back.
	Foresee bool
}

// Files finds the files of users.
type Files struct {
	Options

	declared []*resource.Resource
	homes    map[string]string // that users are to have; "": that is not declared
	known    atomic.Pointer[sync.Map]
	session  func() session
}

// New returns the files of the users of a root.
func New(o Options) *Files {
	f := &Files{Options: o, session: sync.OnceValue(func() session { return findSession(o.FS, os.Getpid()) })}
	f.Forget()
	return f
}

// Declare records declarations of the manifest: homes of users that may not exist yet, and the keys that are not
// surplus.
func (f *Files) Declare(rs []*resource.Resource) {
	f.declared, f.homes = rs, map[string]string{}
	for _, r := range rs {
		if !r.IsEnforced() || r.Kind.Name != "user" {
			continue
		}
		if u := resource.Must[resources.UserWant](r.Want); !u.IsAbsent() {
			f.homes[u.Name] = resource.DecodeBytes(u.Home.Value)
		}
	}
	f.Forget()
}

// Forget discards what was read of sshd_config, and the places of files.
func (f *Files) Forget() { f.known.Store(&sync.Map{}) }

// recall returns the result of find, which it calls only once until Forget. Two concurrent callers may both call it.
// It does not keep errors. Callers must not change the value.
func recall[T any](f *Files, key any, find func() (T, error)) (T, error) {
	known := f.known.Load()
	if v, ok := known.Load(key); ok {
		return v.(T), nil
	}
	v, err := find()
	if err == nil {
		known.Store(key, v)
	}
	return v, err
}

// account is the known facts about a user. A user that is only declared has no number yet.
type account struct {
	name     string
	home     string
	former   string // the home before, if another one is declared
	uid, gid uint32
	exists   bool
}

// find returns a user. The home is the declared one, or that which useradd gives a new user.
func (f *Files) find(ctx context.Context, name string) (account, error) {
	home, declared := f.homes[name]
	a := account{name: name, home: home}
	u, err := f.Users.User(ctx, name)
	switch {
	case errors.Is(err, userdb.ErrUnknown) && declared:
		a.home = cmp.Or(a.home, path.Join(f.usualHome(), name))
	case errors.Is(err, userdb.ErrUnknown):
		return a, resource.NoPlace(resource.Missing(fmt.Errorf("there is no user %q", name)))
	case err != nil:
		return a, err
	default:
		a.uid, a.gid, a.exists = u.UID, u.GID, true
		if a.home = cmp.Or(a.home, u.Home); a.home != u.Home {
			a.former = u.Home
		}
	}
	if !path.IsAbs(a.home) || strings.ContainsRune(a.home, '#') {
		return a, fmt.Errorf("cannot find files of user %q: its home directory is %q; give path", name, a.home)
	}
	a.home = path.Clean(a.home)
	return a, nil
}

// usualHomeOf is the key of the folder in which useradd makes homes.
type usualHomeOf struct{}

// usualHome returns the folder in which useradd makes homes, according to its defaults.
func (f *Files) usualHome() string {
	home, _ := recall(f, usualHomeOf{}, func() (string, error) {
		for _, name := range []string{"/etc/default/useradd", "/usr/etc/default/useradd"} {
			text, err := f.FS.ReadFile(name, maxConfig)
			if err != nil { // useradd does not need the file either
				continue
			}
			for line := range strings.Lines(string(text)) {
				if home, ok := strings.CutPrefix(strings.TrimSpace(line), "HOME="); ok && path.IsAbs(home) {
					return home, nil
				}
			}
			break
		}
		return "/home", nil
	})
	return home
}

// Locate returns the file of a part that names a user and no path.
func (f *Files) Locate(ctx context.Context, w *resources.Part) (string, error) {
	return f.locate(ctx, w.User.Value, w.Part == resources.PartKnownHost)
}

// LocateKeys returns the physical path of the file with the keys of a user, in the form of manifests; "": it is not
// known.
func (f *Files) LocateKeys(ctx context.Context, user string) string {
	at, err := f.locate(ctx, user, false)
	if err != nil {
		return ""
	}
	return resource.CanonicalPath(resource.EncodeBytes(f.resolve(at)))
}

// LocateKeysNow is [Files.LocateKeys] for the present home of a user, if another one is declared.
func LocateKeysNow(ctx context.Context, f *Files, user string) string {
	a, err := f.find(ctx, user)
	if err != nil || a.former == "" {
		return f.LocateKeys(ctx, user)
	}
	a.home = path.Clean(a.former)
	names, err := f.keyFiles(ctx, a)
	if err != nil {
		return ""
	}
	return resource.CanonicalPath(resource.EncodeBytes(f.resolve(names[0])))
}

// place is the key of the path of a file of a user.
type place struct {
	user  string
	hosts bool // the file of known hosts, not that of keys
}

func (f *Files) locate(ctx context.Context, user string, hosts bool) (string, error) {
	return recall(f, place{user, hosts}, func() (string, error) { return f.findFile(ctx, user, hosts) })
}

func (f *Files) findFile(ctx context.Context, user string, hosts bool) (string, error) {
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

// Founding returns how to make a missing file of keys or hosts, and its folder. In the home of a user, and in any
// folder of that user, both belong to the user alone. Elsewhere everybody may read the file, because sshd reads keys
// as the user that logs in.
func (f *Files) Founding(ctx context.Context, w *resources.Part) (file, folder fsys.Perm, own bool, err error) {
	at := w.Path.Bytes()
	dir := path.Dir(at)
	if w.User.Set {
		a, err := f.find(ctx, w.User.Value)
		if err != nil {
			return file, folder, false, err
		}
		if strings.HasPrefix(at, a.home+"/") {
			if !a.exists { // root must not get the files of a user
				return file, folder, false, resource.NoPlace(resource.Missing(fmt.Errorf("cannot make %q: there is no user %q yet", at, a.name)))
			}

			file = fsys.Perm{Mode: 0o600, UID: a.uid, GID: a.gid}
			if folder = file; dir == a.home {
				return file, fsys.Perm{}, true, nil
			}
			folder.Mode = 0o700
			return file, folder, true, nil
		}
	}
	info, err := f.FS.Stat(dir + "/") // as on the way to the file
	if err != nil {
		info, err = f.FS.Stat(path.Dir(dir))
	}
	if err != nil || info.UID == 0 {
		return file, folder, false, nil //nolint:nilerr // making the file reports that there is no folder
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
	if k.Keys {
		return keysFinder{f}.folder(ctx, k.User)
	}
	if k.ID == "" {
		a, err := f.find(ctx, k.User)
		return "path:" + resource.CanonicalPath(resource.EncodeBytes(path.Join(a.home, k.Path))), err == nil
	}
	at, err := f.locate(ctx, k.User, k.Hosts)
	if err != nil {
		return "", false // observing it reports why
	}
	return resource.PartKey(resource.CanonicalPath(resource.EncodeBytes(f.resolve(at))), k.ID), true
}

// physicalPath is the key of the physical path of a file.
type physicalPath string

// resolve is the physical path of a file, which may be missing.
func (f *Files) resolve(at string) string {
	real, _ := recall(f, physicalPath(at), func() (string, error) { return f.findPhysical(at), nil }) // which never fails
	return real
}

func (f *Files) findPhysical(at string) string {
	if real, err := f.FS.Resolve(at); err == nil {
		return real
	}
	if dir, err := f.FS.ResolveFolder(path.Dir(at)); err == nil {
		return path.Join(dir, path.Base(at))
	}
	return at
}
