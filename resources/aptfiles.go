package resources

import (
	"bytes"
	"strings"

	"converge/internal/resource"
)

// aptFiles is the key of the files that configure apt: every package of apt
// depends on them.
const aptFiles = "package-provider:apt"

// aptFolders are where apt has its configuration: sources, keys, pins,
// passwords, options (apt.conf(5), sources.list(5), apt_preferences(5),
// apt_auth.conf(5)).
func aptFolders() []string {
	return []string{
		"/etc/apt/sources.list.d/", "/etc/apt/preferences.d/", "/etc/apt/keyrings/", "/etc/apt/trusted.gpg.d/",
		"/etc/apt/apt.conf.d/", "/etc/apt/auth.conf.d/", "/usr/share/keyrings/",
	}
}

// isAptFile reports whether the file at path configures apt.
func isAptFile(path string) bool {
	if !strings.HasPrefix(path, "/etc/apt/") && !strings.HasPrefix(path, "/usr/share/keyrings") {
		return false
	}
	for _, dir := range aptFolders() {
		if strings.HasPrefix(path, dir) || path+"/" == dir { // a folder itself may be purged
			return true
		}
	}
	switch path {
	case "/etc/apt/sources.list", "/etc/apt/preferences", "/etc/apt/apt.conf", "/etc/apt/auth.conf", "/etc/apt/trusted.gpg":
		return true
	}
	return false
}

// movesApt reports whether a change is one of a file that configures apt: the
// available packages, and the latest versions, may differ afterwards.
func movesApt(c resource.Change) bool { return isAptFile(string(resource.Part[Place](c.Want).Path)) }

// linkAptFile orders a file that configures apt before all packages of apt, and
// the keys that it names before it.
func linkAptFile(l resource.Links, path string, content *resource.Blob) resource.Links {
	if !isAptFile(path) {
		return l
	}
	l.Before = append(l.Before, aptFiles)
	if content == nil {
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
