// Package emptyhost makes the tree of a host on which nothing has been done: the folders of the
// file system hierarchy, and the accounts that every host of its family has. A plan of a machine
// that is not this one is compared with it.
//
// Start with [Fill]. There is no package in it and no unit, because which of them a distribution
// brings is not known here: what a manifest needs besides has to be in a tree that is copied into
// it. It reads nothing of this machine.
package emptyhost

import (
	"fmt"
	"io/fs"
	"strings"

	"converge/internal/fsys"
)

// Options describe the host.
type Options struct {
	Family string // of its distribution: node.os.family
	Init   string // its init system: node.init

	// Root and RootGroup are the numbers of the user and the group that own the tree. They mean
	// root there, so that an owner of "root" is right for any maker of the tree.
	Root, RootGroup int

	Users  []User // accounts besides those of the family
	Groups []Group
}

// User is a line of /etc/passwd.
type User struct {
	Name     string
	UID, GID uint32
	Comment  string
	Home     string
	Shell    string
}

// Group is a line of /etc/group.
type Group struct {
	Name    string
	GID     uint32
	Members []string
}

// Fill writes the host into a tree.
func Fill(tree *fsys.Scratch, o Options) error {
	for _, f := range folders(o.Init) {
		if err := tree.Folder(f.path, f.mode); err != nil {
			return fmt.Errorf("cannot make an empty host: %w", err)
		}
	}
	for _, name := range []string{"bin", "sbin", "lib"} {
		if err := fillRootFolder(tree, o, name); err != nil {
			return fmt.Errorf("cannot make an empty host: %w", err)
		}
	}
	users, groups := accountsOf(o)
	for _, f := range []struct {
		path, content string
		mode          fs.FileMode
	}{
		{"/etc/passwd", writeUsers(users), 0o644},
		{"/etc/group", writeGroups(groups), 0o644},
		{"/etc/shadow", writeShadow(users), 0o600},
	} {
		if err := tree.File(f.path, strings.NewReader(f.content), f.mode); err != nil {
			return fmt.Errorf("cannot make an empty host: %w", err)
		}
	}
	return nil
}

// fillRootFolder makes /bin and the like: a link to the folder of that name in /usr, but for Alpine.
func fillRootFolder(tree *fsys.Scratch, o Options, name string) error {
	if o.Family == "alpine" {
		return tree.Folder("/"+name, 0o755)
	}
	return tree.Link("usr/"+name, "/"+name)
}

// folder is a folder with its mode.
type folder struct {
	path string
	mode fs.FileMode
}

// folders are those that every distribution has.
func folders(init string) []folder {
	var out []folder
	for _, p := range []string{
		"/boot", "/dev", "/etc", "/etc/cron.d", "/etc/default", "/etc/init.d", "/etc/profile.d", "/etc/skel", "/home", "/media", "/mnt", "/opt", "/proc", "/run", "/srv",
		"/sys", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/etc", "/usr/local/lib", "/usr/local/sbin", "/usr/local/share", "/usr/sbin", "/usr/share",
		"/usr/src", "/var/cache", "/var/lib", "/var/log", "/var/spool",
	} {
		out = append(out, folder{p, 0o755})
	}
	if init == "" || init == "systemd" {
		for _, p := range []string{"/etc/modules-load.d", "/etc/modprobe.d", "/etc/sysctl.d", "/etc/systemd/system", "/etc/tmpfiles.d", "/usr/lib/systemd/system"} {
			out = append(out, folder{p, 0o755})
		}
	}
	return append(out, folder{"/root", 0o700}, folder{"/tmp", 0o777 | fs.ModeSticky}, folder{"/var/tmp", 0o777 | fs.ModeSticky})
}
