package pack

import "time"

// Formats of packages.
const (
	Deb  = "deb"
	RPM  = "rpm"
	APK  = "apk"
	Arch = "arch"
)

// Formats returns the names of all formats.
func Formats() []string { return []string{Deb, RPM, APK, Arch} }

// Package is the description of a package, independent of a format.
type Package struct {
	Name    string
	Version string // see versionOf for its form in each family
	Release string // of the packaging; "" is 1
	Epoch   string // a number; "" is none
	Arch    string // as Go calls it (amd64, arm64), or "all"

	Summary     string // one line
	Description string // more lines; may be empty
	Maintainer  string // Name <address>
	Vendor      string
	License     string
	Homepage    string
	Section     string // deb only
	Priority    string // deb only

	Relations                      // in every format
	Also      map[string]Relations // in one format, by its name

	Files     []File
	Units     []Unit
	Users     []User
	Scripts   Scripts            // in every format
	Overrides map[string]Scripts // in one format: each that is not empty replaces the one of Scripts
	Changelog []Change           // the newest first

	// MTime is the time of all entries in the package. Zero means that of the newest change, or the start of the year
	// 2000.
	MTime time.Time
}

// Relations are relations to other packages. Each is a name, optionally with one of < <= = >= > and a version: "nginx >=
// 1.2".
type Relations struct {
	Depends, Recommends, Suggests []string // apk and arch support only Depends
	Provides, Conflicts, Replaces []string
}

// Type is the type of a [File].
type Type int

// Types of files.
const (
	Regular Type = iota
	Config       // an administrator's changes are kept
	Dir
	Link
)

// File is one file of a package.
type File struct {
	Path         string // absolute
	Type         Type
	Content      []byte // where Source is ""
	Source       string // a file of this machine
	Target       string // of a Link
	Mode         uint32 // as chmod has it; 0 is 0644, and 0755 for a Dir
	Owner, Group string // "" is root
	// Replace makes an upgrade of an rpm replace a changed Config, and save the changed one as .rpmsave. The other
	// families do not support this.
	Replace bool
}

// Unit is a systemd unit. It is enabled and started on installation, restarted on upgrade, and stopped and disabled on
// removal; in a chroot, or without a running systemd, it is only enabled and disabled.
type Unit struct {
	Name    string // app.service
	Content []byte
	Enable  bool
	Start   bool
	Restart bool // on upgrade, if it is running
}

// User is an account that is made before the package's files. It is not removed with the package, because files may
// still belong to it.
type User struct {
	Name    string
	Group   string // "" is one of the user's name; made if there is none
	Groups  []string
	Home    string // "" is /nonexistent
	Shell   string // "" is one that refuses a login
	Comment string
	System  bool
}

// Scripts are bodies of sh scripts. They run with `set -e`, and with a variable action: "install" or "upgrade" on
// installation, "remove" on removal, and "purge" for the PostRemove of a deb whose configuration is removed, too. An
// upgrade runs no removal script.
type Scripts struct {
	PreInstall, PostInstall, PreRemove, PostRemove string
}

// Change is one entry of a changelog.
type Change struct {
	Version string
	Time    time.Time
	Author  string // Name <address>; "" is the maintainer
	Notes   []string
}
