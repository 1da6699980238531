package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// environment is the user, the directory and the environment of a command.
type environment struct {
	root       *fsys.FS
	vars       []string
	path       string // PATH of vars
	dir        string
	chroot     string
	credential *syscall.Credential // nil: as converge itself
	umask      *int                // nil: the usual one
}

// newEnvironment returns the environment in which a command is to run.
func newEnvironment(ctx context.Context, root *fsys.FS, users *userdb.DB, want *resources.ExecWant) (*environment, error) {
	e := &environment{root: root, dir: "/"}
	if dir := root.Root(); dir != "/" {
		if os.Geteuid() != 0 {
			return nil, fmt.Errorf("only root can run it inside %s", dir)
		}
		e.chroot = dir
	}
	if cwd := want.Cwd.Value; cwd != "" {
		if err := checkDir(root, string(cwd)); err != nil {
			return nil, err
		}
		e.dir = cwd.Bytes()
	}
	u, err := e.chooseIdentity(ctx, users, want)
	if err != nil {
		return nil, err
	}
	e.setEnv(want, u)
	if m, err := strconv.ParseInt(want.Umask.Value, 8, 32); err == nil {
		mask := int(m)
		e.umask = &mask
	}
	return e, nil
}

// chooseIdentity settles user and groups, and returns the user.
func (e *environment) chooseIdentity(ctx context.Context, users *userdb.DB, want *resources.ExecWant) (userdb.User, error) {
	u, err := findSelf(ctx, users)
	if err != nil {
		return u, err
	}
	name, group := want.User.Value, want.Group.Value
	if name == "" && group == "" {
		return u, nil
	}
	c := &syscall.Credential{Uid: u.UID, Gid: u.GID, NoSetGroups: true}
	if name != "" {
		if u, err = findUser(ctx, users, name); err != nil {
			return u, err
		}
		gids, err := users.Groups(ctx, u)
		if err != nil {
			return u, err
		}
		c = &syscall.Credential{Uid: u.UID, Gid: u.GID, Groups: gids}
	}
	if group != "" {
		if c.Gid, err = findGroup(ctx, users, group); err != nil {
			return u, err
		}
	}
	if os.Geteuid() == 0 {
		e.credential = c
	} else if int(c.Uid) != os.Geteuid() || int(c.Gid) != os.Getegid() {
		return u, errors.New("only root can run it as another user or group")
	}
	return u, nil
}

// setEnv starts from the environment of every program; see
// [process.Environment].
func (e *environment) setEnv(want *resources.ExecWant, u userdb.User) {
	env := map[string]string{}
	for _, kv := range process.Environment() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	if e.chroot != "" {
		env["PATH"] = process.DefaultPath
	}
	// Under cloud-init and in units there is no HOME, and many programs fail.
	if want.User.Set || e.chroot != "" || env["HOME"] == "" {
		env["HOME"] = u.Home
	}
	if want.User.Set && u.Name != "" {
		env["USER"], env["LOGNAME"] = u.Name, u.Name
	}
	env["PWD"] = e.dir
	for k, v := range want.Env.Value {
		env[resource.DecodeBytes(k)] = resource.DecodeBytes(v)
	}
	e.path = env["PATH"]
	for _, k := range slices.Sorted(maps.Keys(env)) {
		e.vars = append(e.vars, k+"="+env[k])
	}
}

// findSelf returns the user of converge, as the root's user database knows it.
func findSelf(ctx context.Context, users *userdb.DB) (userdb.User, error) {
	uid := uint32(os.Geteuid())
	u, err := users.UserByID(ctx, uid)
	if errors.Is(err, userdb.ErrUnknown) {
		return userdb.User{UID: uid, GID: uint32(os.Getegid()), Home: "/"}, nil
	}
	return u, err
}

// findUser finds a user by name or number; a number need not have an entry.
func findUser(ctx context.Context, users *userdb.DB, name string) (userdb.User, error) {
	u, err := users.User(ctx, name)
	if n, bad := strconv.ParseUint(name, 10, 32); errors.Is(err, userdb.ErrUnknown) && bad == nil {
		u, err = users.UserByID(ctx, uint32(n))
		if errors.Is(err, userdb.ErrUnknown) {
			return userdb.User{UID: uint32(n), GID: uint32(n), Home: "/"}, nil
		}
	}
	return u, markMissing(err)
}

// findGroup finds a group by name or number; a number need not have an entry.
func findGroup(ctx context.Context, users *userdb.DB, name string) (uint32, error) {
	g, err := users.Group(ctx, name)
	if n, bad := strconv.ParseUint(name, 10, 32); errors.Is(err, userdb.ErrUnknown) && bad == nil {
		return uint32(n), nil
	}
	return g.GID, markMissing(err)
}

// markMissing tells the engine which errors a pending change may still cure.
func markMissing(err error) error {
	if errors.Is(err, userdb.ErrUnknown) {
		return resource.Missing(err)
	}
	return err
}

// exists reports whether there is anything at the path.
func exists(root *fsys.FS, name string) (bool, error) {
	_, err := root.Lstat(resource.DecodeBytes(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// checkDir checks beforehand for a fault that a start would report in other words.
func checkDir(root *fsys.FS, name string) error {
	info, err := root.Stat(resource.DecodeBytes(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return resource.Missing(fmt.Errorf("%s, where it is to run, does not exist", name))
	case err != nil:
		return err
	}
	if info.Type != fsys.Directory {
		return fmt.Errorf("%s is %s, and not a directory to run in", name, info.Type)
	}
	return nil
}

// findProgram finds the file to start, in the root and on the command's own PATH.
func (e *environment) findProgram(name string) (string, error) {
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join(e.dir, name)
		}
		_, err := e.root.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = resource.Missing(fmt.Errorf("program %s does not exist", name))
		}
		return name, err
	}
	for d := range strings.SplitSeq(e.path, ":") {
		if !path.IsAbs(d) {
			continue // whoever may write to the working directory must not choose the program
		}
		file := path.Join(d, name)
		if info, err := e.root.Stat(file); err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			return file, nil
		}
	}
	return "", resource.Missing(fmt.Errorf("program %q is not on the PATH", name))
}
