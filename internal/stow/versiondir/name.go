// Package versiondir knows the names in a stow directory: the valid names of packages and versions, the names of the
// protocol, and, with [Guess], which directories of a package without such a name are versions. It reads nothing itself.
package versiondir

import (
	"strings"
)

// ProtocolNames returns the names that make a directory a package of the protocol.
func ProtocolNames() []string {
	return []string{":installed", ":managed-by", ":stowing", ":config", ":control", ":control-default"}
}

// IsMagic reports whether a name begins with exactly one colon: it is never a version.
func IsMagic(name string) bool {
	return strings.HasPrefix(name, ":") && !strings.HasPrefix(name, "::")
}

// IsVersion reports whether a disk name is valid for a version.
func IsVersion(disk string) bool { return isEntry(disk) && !IsMagic(disk) }

// IsPackage reports whether a name is valid for a package or a package manager.
func IsPackage(name string) bool { return isEntry(name) && !strings.HasPrefix(name, ":") }

// isEntry reports whether a name can be a directory entry other than "." and "..".
func isEntry(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// DiskName returns the name of a version's directory: a version that begins with colons gets one more.
func DiskName(version string) string {
	if strings.HasPrefix(version, ":") {
		return ":" + version
	}
	return version
}

// VersionName returns the version that a directory's name stands for.
func VersionName(disk string) string {
	if strings.HasPrefix(disk, "::") {
		return disk[1:]
	}
	return disk
}

// NameRule describes the rule of [Names] in messages.
const NameRule = "the name of a version holds a digit and begins with neither . nor dot-"

// IsName reports whether an unmarked directory may be a version: its name contains a digit and is not a dotfile's. So
// ordinary packages such as bin/.local/bin, .emacs.d/lib and texmf/share are not mistaken for packages with versions
// (question 3 of the protocol).
func IsName(name string) bool {
	return strings.ContainsAny(name, "0123456789") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "dot-")
}

// Names reports whether an entry of a package's directory has the name of a version, or is a link to one that does, as
// in latest -> 2.0. link is the text of that link; "": the entry is not a link.
func Names(name, link string) bool {
	return IsName(name) || link != "" && !strings.ContainsAny(link, "/:") && IsName(link)
}
