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

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// surroundings are the user, the directory and the environment of a command.
type surroundings struct {
	p          *Provider
	env        []string
	path       string // PATH of env
	dir        string
	chroot     string
	credential *syscall.Credential // nil: as converge itself
	umask      *int                // nil: the usual one
}

func (p *Provider) surroundings(ctx context.Context, want *resources.ExecWant) (*surroundings, error) {
	s := &surroundings{p: p, dir: "/"}
	if root := p.fs.Root(); root != "/" {
		if os.Geteuid() != 0 {
			return nil, fmt.Errorf("only root can run it inside %s", root)
		}
		s.chroot = root
	}
	if cwd := want.Cwd.Value; cwd != "" {
		if err := p.isDir(string(cwd)); err != nil {
			return nil, err
		}
		s.dir = cwd.Bytes()
	}
	u, err := s.identity(ctx, want)
	if err != nil {
		return nil, err
	}
	s.setEnv(want, u)
	if m, err := strconv.ParseInt(want.Umask.Value, 8, 32); err == nil {
		mask := int(m)
		s.umask = &mask
	}
	return s, nil
}

// identity settles user and groups, and returns the user.
func (s *surroundings) identity(ctx context.Context, want *resources.ExecWant) (userdb.User, error) {
	u, err := s.p.self(ctx)
	if err != nil {
		return u, err
	}
	name, group := want.User.Value, want.Group.Value
	if name == "" && group == "" {
		return u, nil
	}
	c := &syscall.Credential{Uid: u.UID, Gid: u.GID, NoSetGroups: true}
	if name != "" {
		if u, err = s.p.user(ctx, name); err != nil {
			return u, err
		}
		gids, err := s.p.users.Groups(ctx, u)
		if err != nil {
			return u, err
		}
		c = &syscall.Credential{Uid: u.UID, Gid: u.GID, Groups: gids}
	}
	if group != "" {
		if c.Gid, err = s.p.group(ctx, group); err != nil {
			return u, err
		}
	}
	if os.Geteuid() == 0 {
		s.credential = c
	} else if int(c.Uid) != os.Geteuid() || int(c.Gid) != os.Getegid() {
		return u, errors.New("only root can run it as another user or group")
	}
	return u, nil
}

// self is the user of converge, as the root's user database knows it.
func (p *Provider) self(ctx context.Context) (userdb.User, error) {
	uid := uint32(os.Geteuid())
	u, err := p.users.UserByID(ctx, uid)
	if errors.Is(err, userdb.ErrUnknown) {
		return userdb.User{UID: uid, GID: uint32(os.Getegid()), Home: "/"}, nil
	}
	return u, err
}

// user finds a user by name or number; a number need not have an entry.
func (p *Provider) user(ctx context.Context, name string) (userdb.User, error) {
	u, err := p.users.User(ctx, name)
	if n, bad := strconv.ParseUint(name, 10, 32); errors.Is(err, userdb.ErrUnknown) && bad == nil {
		u, err = p.users.UserByID(ctx, uint32(n))
		if errors.Is(err, userdb.ErrUnknown) {
			return userdb.User{UID: uint32(n), GID: uint32(n), Home: "/"}, nil
		}
	}
	return u, missing(err)
}

func (p *Provider) group(ctx context.Context, name string) (uint32, error) {
	g, err := p.users.Group(ctx, name)
	if n, bad := strconv.ParseUint(name, 10, 32); errors.Is(err, userdb.ErrUnknown) && bad == nil {
		return uint32(n), nil
	}
	return g.GID, missing(err)
}

// missing tells the engine which errors a pending change may still cure.
func missing(err error) error {
	if errors.Is(err, userdb.ErrUnknown) {
		return resource.Missing(err)
	}
	return err
}

// setEnv starts from the environment of every program; see
// [process.Environment].
func (s *surroundings) setEnv(want *resources.ExecWant, u userdb.User) {
	env := map[string]string{}
	for _, kv := range process.Environment() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	if s.chroot != "" {
		env["PATH"] = process.DefaultPath
	}
	// Under cloud-init and in units there is no HOME, and many programs fail.
	if want.User.Set || s.chroot != "" || env["HOME"] == "" {
		env["HOME"] = u.Home
	}
	if want.User.Set && u.Name != "" {
		env["USER"], env["LOGNAME"] = u.Name, u.Name
	}
	env["PWD"] = s.dir
	for k, v := range want.Env.Value {
		env[resource.DecodeBytes(k)] = resource.DecodeBytes(v)
	}
	s.path = env["PATH"]
	for _, k := range slices.Sorted(maps.Keys(env)) {
		s.env = append(s.env, k+"="+env[k])
	}
}
