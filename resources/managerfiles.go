package resources

import (
	"bytes"
	"slices"
	"strings"

	"converge/internal/resource"
)

// managerFiles is the key of the files that configure a package manager: every
// package of it depends on them.
func managerFiles(manager string) string { return "package-provider:" + manager }

// managerFolder is a place with a part of the configuration of a package manager: a folder, with a slash at its end,
// or a file.
type managerFolder struct{ path, manager string }

// managerFolders lists sources, keys, pins, passwords and options, see apt.conf(5),
// sources.list(5), apt_preferences(5), apt_auth.conf(5), dnf.conf(5), zypper(8),
// pacman.conf(5) and apk-repositories(5).
func managerFolders() []managerFolder {
	var out []managerFolder
	for _, m := range []struct{ manager, paths string }{
		{"apt", "/etc/apt/sources.list.d/ /etc/apt/preferences.d/ /etc/apt/keyrings/ /etc/apt/trusted.gpg.d/ /etc/apt/apt.conf.d/ /etc/apt/auth.conf.d/ /usr/share/keyrings/ " +
			"/etc/apt/sources.list /etc/apt/preferences /etc/apt/apt.conf /etc/apt/auth.conf /etc/apt/trusted.gpg"},
		{"dnf", "/etc/yum.repos.d/ /etc/dnf/ /etc/pki/rpm-gpg/"},
		{"zypper", "/etc/zypp/ /etc/pki/rpm-gpg/"},
		{"pacman", "/etc/pacman.conf /etc/pacman.d/"},
		{"apk", "/etc/apk/repositories /etc/apk/repositories.d/ /etc/apk/keys/"},
	} {
		for p := range strings.FieldsSeq(m.paths) {
			out = append(out, managerFolder{p, m.manager})
		}
	}
	return out
}

// managersOf lists the package managers that the file at path configures.
func managersOf(path string) []string {
	if !mayConfigure(path) {
		return nil
	}
	var out []string
	for _, f := range managerFolders() {
		// A folder itself may be purged.
		if path == f.path || strings.HasSuffix(f.path, "/") && (strings.HasPrefix(path, f.path) || path+"/" == f.path) {
			out = append(out, f.manager)
		}
	}
	return out
}

// mayConfigure is a quick test of a path: few of a site's files configure a package manager.
func mayConfigure(path string) bool {
	rest, ok := strings.CutPrefix(path, "/etc/")
	if !ok {
		return strings.HasPrefix(path, "/usr/share/keyrings")
	}
	for _, start := range [...]string{"apt", "yum.repos.d", "dnf", "pki/rpm-gpg", "zypp", "pacman", "apk"} {
		if strings.HasPrefix(rest, start) {
			return true
		}
	}
	return false
}

// pathAlone is the part of a wanted value that [movesPackages] reads.
type pathAlone struct {
	Path string `attr:"path"`
}

// movesPackages reports whether a change affects a file that configures a package manager: the available packages, and
// the latest versions, may differ afterwards.
func movesPackages(c resource.Change) bool {
	return len(managersOf(resource.Part[pathAlone](c.Want).Path)) > 0
}

// keysOfManagers are the keys of the files that configure these managers.
func keysOfManagers(managers []string) []string {
	var out []string
	for _, m := range managers {
		out = append(out, managerFiles(m))
	}
	return out
}

// aptSources is the key of the files in which apt's sources are. What removes a source comes before the repository that
// has it by another key.
const aptSources = "package-sources:apt"

// holdsAptSources reports whether apt's sources are in the file at path.
func holdsAptSources(path string) bool {
	rest, ok := strings.CutPrefix(path, "/etc/apt/sources.list")
	return ok && (rest == "" || strings.HasPrefix(rest, ".d/"))
}

// linkManagerFile orders a file that configures a package manager before all packages of it, the keys that a source of
// apt names before that source, and a file that configures sshd before the keys with which users log in.
func linkManagerFile(l resource.Links, path string, content *resource.Blob) resource.Links {
	managers := managersOf(path)
	l.Before = append(l.Before, keysOfManagers(managers)...)
	if holdsAptSources(path) {
		l.Before = append(l.Before, aptSources)
	}
	if ConfiguresSSHD(path) {
		l.Before = append(l.Before, sshdConfig)
	}
	if content == nil || !slices.Contains(managers, "apt") {
		return l
	}
	text, ok := content.Bytes()
	if !ok {
		return l
	}
	for _, key := range signedBy(text) {
		l.Needs = append(l.Needs, resource.Need{Key: "path:" + key, Reason: "it names that key"})
	}
	return l
}

// signedBy lists the files of keys that a file of package sources names: as an
// option in brackets ("[signed-by=/x.gpg]"), or as a field ("Signed-By: /x.asc").
func signedBy(text []byte) []string {
	var out []string
	for line := range bytes.Lines(text) {
		lower := strings.ToLower(string(line))
		at := strings.Index(lower, "signed-by")
		if at < 0 {
			continue
		}
		keys := string(line[at+len("signed-by"):])
		if option, ok := strings.CutPrefix(keys, "="); ok {
			keys = option[:max(0, strings.IndexAny(option+"]", "] \t\r\n"))]
		}
		for _, word := range strings.FieldsFunc(keys, func(r rune) bool { return strings.ContainsRune(" \t\r\n:,", r) }) {
			if strings.HasPrefix(word, "/") {
				out = append(out, word)
			}
		}
	}
	return out
}
