package wanted

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/userdb"
)

// Permit determines what a user may do below the root of a file system without the manager's privilege. For the user of
// this process, the kernel answers. For another one, who runs it through sudo, it uses owners and mode bits: it does not
// read access control lists, so it may err on the side of no.
type Permit struct {
	FS    *fsys.FS
	Users *userdb.DB
	UID   uint32
}

// MayWrite reports whether the user can make and remove entries in the directory.
func (p Permit) MayWrite(ctx context.Context, dir string) (bool, error) {
	real, err := p.FS.Resolve(dir)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot tell who may write in %q: %w", dir, err)
	}
	if int(p.UID) == unix.Getuid() {
		return unix.Access(p.FS.HostPath(real), unix.W_OK|unix.X_OK) == nil, nil
	}
	groups, err := p.findGroups(ctx)
	if err != nil {
		return false, err
	}
	for at, need := real, uint32(3); ; at, need = path.Dir(at), 1 {
		info, err := p.FS.Stat(at)
		if err != nil {
			return false, fmt.Errorf("cannot tell who may write in %q: %w", dir, err)
		}
		if info.Type != fsys.Directory || grantedBits(info, p.UID, groups)&need != need {
			return false, nil
		}
		if at == "/" {
			break
		}
	}
	readOnly, err := p.FS.ReadOnly(real)
	return !readOnly, err
}

func (p Permit) findGroups(ctx context.Context) ([]uint32, error) {
	u, err := p.Users.UserByID(ctx, p.UID)
	if errors.Is(err, userdb.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.Users.Groups(ctx, u)
}

// grantedBits returns the permission bits that a user has.
func grantedBits(info fsys.Info, uid uint32, groups []uint32) uint32 {
	switch {
	case uid == 0:
		return 7
	case info.UID == uid:
		return info.Mode >> 6 & 7
	case slices.Contains(groups, info.GID):
		return info.Mode >> 3 & 7
	}
	return info.Mode & 7
}
