package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
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
	// Under cloud-init and in units HOME is unset, and many programs fail.
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
