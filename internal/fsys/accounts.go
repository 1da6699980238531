package fsys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/sys/user"
)

// maxDatabase is the size in bytes above which /etc/passwd is not believed.
const maxDatabase = 256 << 20

// settled is for how long the account files count as unchanged after they
// were looked at: shorter than any program that changes them takes to start,
// long enough that a thousand lookups cost a few stats.
const settled = 2 * time.Millisecond

// accounts knows the users and groups of the root. What /etc/passwd does not
// have is asked of getent, if the root is the machine's own: directory
// services are nobody's business but libc's.
type accounts struct {
	fs     *FS
	users  database
	groups database
}

type database struct {
	mu     sync.Mutex
	looked time.Time
	was    Info
	ids    map[string]uint32
	names  map[uint32]string
	asked  map[string]bool // of getent, in vain
}

// UID is the number of a user, given by name or number. An unknown name is an
// [UnknownAccount].
func (f *FS) UID(ctx context.Context, name string) (uint32, error) {
	return f.accounts.id(ctx, &f.accounts.users, "user", name)
}

// GID is the number of a group, given by name or number.
func (f *FS) GID(ctx context.Context, name string) (uint32, error) {
	return f.accounts.id(ctx, &f.accounts.groups, "group", name)
}

// UserName is the name of a user, or its number if it has none.
func (f *FS) UserName(ctx context.Context, uid uint32) string {
	return f.accounts.name(ctx, &f.accounts.users, "user", uid)
}

// GroupName is the name of a group, or its number if it has none.
func (f *FS) GroupName(ctx context.Context, gid uint32) string {
	return f.accounts.name(ctx, &f.accounts.groups, "group", gid)
}

// UnknownAccount is a user or group that the machine does not have.
type UnknownAccount struct{ What, Name string }

func (e *UnknownAccount) Error() string { return fmt.Sprintf("no %s %q", e.What, e.Name) }

func (a *accounts) id(ctx context.Context, d *database, what, name string) (uint32, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(n), nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := a.refresh(d, what); err != nil {
		return 0, err
	}
	if id, ok := d.ids[name]; ok {
		return id, nil
	}
	if id, ok, err := a.getent(ctx, d, what, name); err != nil || ok {
		if err == nil {
			d.add(name, id)
		}
		return id, err
	}
	return 0, &UnknownAccount{what, name}
}

func (a *accounts) name(ctx context.Context, d *database, what string, id uint32) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	number := strconv.FormatUint(uint64(id), 10)
	if a.refresh(d, what) != nil {
		return number
	}
	if n, ok := d.names[id]; ok {
		return n
	}
	// Only libc can tell, and whoever asks wants it for show: a number is
	// an answer too.
	return number
}

// add keeps the first name of a number and the first number of a name, as
// libc does.
func (d *database) add(name string, id uint32) {
	if _, ok := d.ids[name]; !ok {
		d.ids[name] = id
	}
	if _, ok := d.names[id]; !ok {
		d.names[id] = name
	}
}

func (a *accounts) refresh(d *database, what string) error {
	if d.ids != nil && time.Since(d.looked) < settled {
		return nil
	}
	path := "/etc/passwd"
	if what == "group" {
		path = "/etc/group"
	}
	info, err := a.fs.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = Info{}
	case err != nil:
		return err
	}
	d.looked = time.Now()
	if d.ids != nil && info.Same(d.was) {
		return nil
	}
	d.ids, d.names, d.asked, d.was = map[string]uint32{}, map[uint32]string{}, map[string]bool{}, info
	if info.Type != Regular {
		return nil
	}
	resolved, err := a.fs.Resolve(path)
	if err != nil {
		return err
	}
	b, err := a.fs.ReadFile(resolved, maxDatabase)
	if err != nil {
		return err
	}
	return d.parse(what, path, b)
}

func (d *database) parse(what, path string, b []byte) error {
	if what == "group" {
		all, err := user.ParseGroup(bytes.NewReader(b))
		for _, g := range all {
			d.add(g.Name, uint32(g.Gid))
		}
		return cannot("read", path, err)
	}
	all, err := user.ParsePasswd(bytes.NewReader(b))
	for _, u := range all {
		d.add(u.Name, uint32(u.Uid))
	}
	return cannot("read", path, err)
}

// getent asks libc about a name that the files do not have; each name once,
// until the files change.
func (a *accounts) getent(ctx context.Context, d *database, what, name string) (uint32, bool, error) {
	if !a.fs.real || d.asked[name] || strings.HasPrefix(name, "-") {
		return 0, false, nil
	}
	db := "passwd"
	if what == "group" {
		db = "group"
	}
	cmd := exec.CommandContext(ctx, "getent", db, name)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, false, ctx.Err()
	case errors.Is(err, exec.ErrNotFound), errors.As(err, &exit) && exit.ExitCode() == 2: // not in the database
		d.asked[name] = true
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("cannot look up %s %q: getent: %w", what, name, err)
	}
	fields := strings.Split(strings.TrimSpace(string(out)), ":")
	if len(fields) < 3 {
		return 0, false, fmt.Errorf("cannot look up %s %q: getent answered %q", what, name, out)
	}
	id, err := strconv.ParseUint(fields[2], 10, 32)
	if err != nil {
		return 0, false, fmt.Errorf("cannot look up %s %q: getent answered %q", what, name, out)
	}
	return uint32(id), true, nil
}
