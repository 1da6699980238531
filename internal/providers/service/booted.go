package service

import (
	"errors"
	"io/fs"
	"os"
)

// isBooted reports whether systemd runs this machine, as sd_booted(3) does, and
// this process sees the machine and not a tree in it: in a chroot that is given
// /run, the systemd that answers is that of another root. A folder that an
// image has kept is no systemd: it has a socket while it runs.
func isBooted() bool {
	fi, err := os.Lstat("/run/systemd/system")
	return err == nil && fi.IsDir() && existsAny("/run/systemd/private", "/run/dbus/system_bus_socket") &&
		!inChroot("/proc/1/root", "/")
}

func existsAny(paths ...string) bool {
	for _, p := range paths {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// inChroot compares the root of the first process with ours, as systemctl
// does. Without /proc the answer is yes; without permission to look at the first
// process it is no.
func inChroot(first, own string) bool {
	a, err := os.Stat(first)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	b, err := os.Stat(own)
	return err == nil && !os.SameFile(a, b)
}
