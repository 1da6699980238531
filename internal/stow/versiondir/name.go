// Package versiondir knows the names in a stow directory: which can be those of packages
// and versions, which the protocol has taken, and, with [Guess], which directories of a
// package without such a name are versions. It reads nothing itself.
package versiondir

import (
	"iter"
	"strings"
)

// ProtocolNames are those that make a directory a package of the protocol.
func ProtocolNames() []string {
	return []string{":installed", ":managed-by", ":stowing", ":config", ":control", ":control-default"}
}

// IsMagic reports whether a name begins with exactly one colon: it is never a
// version.
func IsMagic(name string) bool {
	return strings.HasPrefix(name, ":") && !strings.HasPrefix(name, "::")
}

// IsVersion reports whether a version may have a disk name.
func IsVersion(disk string) bool { return isEntry(disk) && !IsMagic(disk) }

// IsPackage reports whether a package or a package manager may have a name.
func IsPackage(name string) bool { return isEntry(name) && !strings.HasPrefix(name, ":") }

// isEntry reports whether a name can be a directory entry other than "." and "..".
func isEntry(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// DiskName is the name of the directory that holds a version: a version that
// begins with colons gets one more.
func DiskName(version string) string {
	if strings.HasPrefix(version, ":") {
		return ":" + version
	}
	return version
}

// VersionName returns the version of a directory's name.
func VersionName(disk string) string {
	if strings.HasPrefix(disk, "::") {
		return disk[1:]
	}
	return disk
}

// NameRule describes the rule of [Names] in messages.
const NameRule = "the name of a version holds a digit and begins with neither . nor dot-"

// IsName reports whether an unmarked directory may be taken for a version: its
// name holds a digit and is no dotfile's. So ordinary packages such as
// bin/.local/bin, .emacs.d/lib and texmf/share are not taken for packages with
// versions (question 3 of the protocol).
func IsName(name string) bool {
	return strings.ContainsAny(name, "0123456789") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "dot-")
}

// Names reports whether an entry of a package's directory has the name of a
// version, or is a link to one that does, as in latest -> 2.0. link is the text
// of that link; "" the entry is no link.
func Names(name, link string) bool {
	return IsName(name) || link != "" && !strings.ContainsAny(link, "/:") && IsName(link)
}

// Entry is an entry of a package's directory.
type Entry struct {
	Name   string
	Folder bool
	Link   string // the text of the link that it is; "" it is none
}

// Entries are those of a directory, looked at one after the other.
type Entries = iter.Seq2[Entry, error]

// Guess finds the versions of a package that has no magic name. All entries of
// such a package are directories, and each has the name of a version (see
// [Suspected]) and looks like an installation image by the entries that top
// returns. GNU Stow's marks and other names of versions do not count. If there is
// any other entry, Guess returns none: the package is one of GNU Stow's kind. It
// reads no more than that takes.
func Guess(entries Entries, top func(name string) Entries) (versions []string, err error) {
	for e, err := range entries {
		if err != nil {
			return nil, err
		}
		switch {
		case e.Name == ".stow", e.Link != "" && Names("", e.Link):
			continue
		case !e.Folder, IsMagic(e.Name), !Suspected(e.Name):
			return nil, nil
		}
		if image, err := looksLikeImage(top(e.Name)); err != nil || !image {
			return nil, err
		}
		versions = append(versions, e.Name)
	}
	return versions, nil
}

func looksLikeImage(entries Entries) (bool, error) {
	for e, err := range entries {
		if err != nil || usualAtTop(e) {
			return err == nil, err
		}
	}
	return false, nil
}

// usualAtTop reports whether a directory is one of those that "make install"
// fills.
func usualAtTop(e Entry) bool {
	switch e.Name {
	case "bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "man", "info", "var", "games", "boot", "opt", "usr":
		return e.Folder
	}
	return false
}

// Suspected reports whether an unmarked directory looks like a version. That
// takes more than [IsName], because 1password, X11, texmf2 and k8s hold a digit
// too: a number at the beginning (1.0, 2024a, 1rc2), behind a separator (gtk-4.0)
// or behind a word for it (v2), or one with parts (go1.21).
func Suspected(name string) bool {
	if !IsName(name) {
		return false
	}
	for i := 0; i < len(name); i++ {
		if !isASCIIDigit(name[i]) {
			continue
		}
		start := i
		for i < len(name) && isASCIIDigit(name[i]) {
			i++
		}
		if beginsVersion(name[:start], name[i:]) || hasNextPart(name[i:]) {
			return true
		}
	}
	return false
}

// beginsVersion tells whether a number between the two parts of a name begins a
// version.
func beginsVersion(before, after string) bool {
	const separators = "-._+~:@"
	word := strings.ToLower(before[strings.LastIndexAny(before, separators)+1:])
	if before == "" {
		letters := len(after) - len(strings.TrimLeftFunc(after, isLetter))
		return letters < 2 || letters < len("alpha")+1 && letters < len(after) && isASCIIDigit(after[letters])
	}
	return word == "" || strings.Contains(" v r rev rel release ver version ", " "+word+" ")
}

// hasNextPart tells whether a number has another part, by what follows it.
func hasNextPart(after string) bool {
	return len(after) > 1 && (after[0] == '.' || after[0] == '_') && isASCIIDigit(after[1])
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isASCIIDigit(b byte) bool { return b >= '0' && b <= '9' }
