package versiondir

import (
	"iter"
	"strings"
)

// Entry is an entry of a package's directory.
type Entry struct {
	Name   string
	Folder bool
	Link   string // its text, if it is a link; "" if not
}

// Entries are the entries of a directory, read one after the other.
type Entries = iter.Seq2[Entry, error]

// Guess returns the versions of a package without a magic name. All entries of such a package are directories, and each
// has the name of a version (see [Suspected]) and looks like an installation image by the entries that top returns. It
// ignores GNU Stow's marks and other names of versions. If there is any other entry, Guess returns none: the package is
// one of GNU Stow's kind. It reads no more than necessary.
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

// usualAtTop reports whether a directory is one into which "make install" installs.
func usualAtTop(e Entry) bool {
	switch e.Name {
	case "bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "man", "info", "var", "games", "boot", "opt", "usr":
		return e.Folder
	}
	return false
}

// Suspected reports whether an unmarked directory looks like a version. That requires more than [IsName], because
// 1password, X11, texmf2 and k8s contain a digit too: a number at the beginning (1.0, 2024a, 1rc2), after a separator
// (gtk-4.0) or after a word for it (v2), or one with parts (go1.21).
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

// beginsVersion reports whether a number between two parts of a name begins a version.
func beginsVersion(before, after string) bool {
	const separators = "-._+~:@"
	word := strings.ToLower(before[strings.LastIndexAny(before, separators)+1:])
	if before == "" {
		letters := len(after) - len(strings.TrimLeftFunc(after, isLetter))
		return letters < 2 || letters < len("alpha")+1 && letters < len(after) && isASCIIDigit(after[letters])
	}
	return word == "" || strings.Contains(" v r rev rel release ver version ", " "+word+" ")
}

// hasNextPart reports whether a number has another part, by the text after it.
func hasNextPart(after string) bool {
	return len(after) > 1 && (after[0] == '.' || after[0] == '_') && isASCIIDigit(after[1])
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isASCIIDigit(b byte) bool { return b >= '0' && b <= '9' }
