package files

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// location is the entry of a request: the one at its path or, if the request follows links, the target of a link
// there.
type location struct {
	path string
	info fsys.Info
	gone bool
}

// lookup reads the entry at a path without following a link there.
type lookup = func(path string) (fsys.Info, error)

// locateFile returns the entry that a request for a file is about.
func locateFile(held *fsys.Held, r *request, look lookup) (location, error) {
	at := location{path: r.path}
	info, err := look(at.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && r.IsAbsent():
		at.gone = true
		return at, nil
	case err != nil:
		return at, err
	}
	at.info = info
	if info.Type == fsys.Symlink && r.Follow.Value {
		return followLink(held, at, look)
	}
	return at, nil
}

// locateAny returns the entry that a request of any type is about. A directory may
// be reached through a link.
func locateAny(held *fsys.Held, r *request) (location, error) {
	at, err := locateFile(held, r, held.Lstat)
	if err == nil && !at.gone && r.isDirectory() && at.info.Type == fsys.Symlink {
		return followLink(held, at, held.Lstat)
	}
	return at, err
}

func followLink(held *fsys.Held, at location, look lookup) (location, error) {
	real, _, err := held.Resolve(at.path)
	if err != nil {
		return at, err
	}
	info, err := look(real)
	return location{path: real, info: info}, err
}

// isRegular reports whether a regular file exists there.
func (l *location) isRegular() bool { return !l.gone && l.info.Type == fsys.Regular }

// permissions are the mode, owner and group of the existing entry.
func (l *location) permissions() fsys.Perm { return permissionsOf(l.info) }

func permissionsOf(info fsys.Info) fsys.Perm {
	return fsys.Perm{Mode: info.Mode, UID: info.UID, GID: info.GID}
}

// refuseOtherType refuses to turn the existing entry into a file.
func (l *location) refuseOtherType(r *request) error {
	switch {
	case l.gone || l.info.Type == fsys.Regular:
		return nil
	case l.info.Type == fsys.Directory:
		return obstructed(l.path, l.info, "file", removeIt)
	case r.Force.Value:
		return nil
	case r.IsAbsent():
		return obstructed(l.path, l.info, "file", r.replacing())
	case l.info.Type == fsys.Symlink && r.replacing() == forceIt && resources.UnitOf(l.path) != "":
		return obstructed(l.path, l.info, "file", fmt.Sprintf("a masked unit is one (systemctl unmask %s), and force = true replaces it", resources.UnitOf(l.path)))
	case l.info.Type == fsys.Symlink && r.replacing() == forceIt && !r.Copied.Value:
		return obstructed(l.path, l.info, "file", followOrForce)
	}
	return obstructed(l.path, l.info, "file", r.replacing())
}

// replacing describes how to replace an entry that is not a file: a kind that computes its path has no attribute for
// that.
func (r *request) replacing() string {
	if r.Name.Set {
		return removeIt
	}
	return forceIt
}

// obstructed is the error for a path that holds something of another type.
func obstructed(path string, info fsys.Info, kind, remedy string) error {
	return resource.Replaced(fmt.Errorf("cannot manage %s %q: it is %s; %s", kind, path, info.Type, remedy))
}

const (
	removeIt      = "move or remove it"
	forceIt       = "set force = true to replace it"
	followOrForce = "set follow = true to manage what it points to, or force = true to replace it"
)

// notEmpty is the error for a directory that is to be removed and is not empty.
func notEmpty(path string, names []string) error {
	return fmt.Errorf("cannot remove %q: %w (it holds %q): set purge = true to remove what is in it", path, unix.ENOTEMPTY, names[0])
}

// isMissing reports whether an error means that a path does not exist.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// listMissingParents returns the directories above path that do not exist, the
// lowest first.
func listMissingParents(held *fsys.Held, path string) ([]string, error) {
	var missing []string
	for dir := parentOf(path); dir != "/"; dir = parentOf(dir) {
		_, err := held.Stat(dir)
		if err == nil {
			break
		}
		if !isMissing(err) {
			return nil, err
		}
		missing = append(missing, dir)
	}
	return missing, nil
}

// typeName returns the value of the attribute "type" for an entry.
func typeName(t fsys.Type) string {
	switch t {
	case fsys.Regular:
		return resources.TypeFile
	case fsys.Directory:
		return resources.TypeDirectory
	case fsys.Symlink:
		return resources.TypeLink
	case fsys.Fifo:
		return "pipe"
	case fsys.Socket:
		return "socket"
	case fsys.Device:
		return "device"
	}
	return "other"
}
