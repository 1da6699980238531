package resources

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// apkKeyNote begins the line that names the key of a repository of apk, whose own format cannot express it.
const apkKeyNote = "# Its key: "

// ApkKeyPath returns the file of the key that a definition of apk names; "" if it
// names none.
func ApkKeyPath(definition string) string {
	for line := range strings.Lines(definition) {
		if at, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), apkKeyNote); ok && strings.HasPrefix(at, "/etc/apk/keys/") {
			return at
		}
	}
	return ""
}

// defineApk writes the line of a repository, see apk-repositories(5).
func defineApk(w *RepositoryWant) ([]byte, error) {
	if err := w.requireURL(); err != nil {
		return nil, err
	}
	tag := ""
	for name, value := range w.Options.Value {
		if name != "tag" || !isWord(value, "._-") {
			return nil, attrError("options", "apk has the option tag only, which is a word; %q is none", name)
		}
		tag = value
	}
	lines, err := w.apkLines(tag)
	if err != nil {
		return nil, err
	}
	if w.Trusted.Value {
		return nil, attrError("trusted", "apk trusts a repository by a key only, unless each of its commands says otherwise")
	}
	note := writtenNote
	if at := w.KeyPath(); at != "" {
		note += apkKeyNote + at + "\n"
	}
	return []byte(note + lines), nil
}

// apkLines are the lines of a repository: with its tag, if it has one, or with a second, tagged line for the pinned
// packages.
func (w *RepositoryWant) apkLines(tag string) (string, error) {
	patterns := slices.SortedFunc(maps.Keys(w.Pin.Value), comparePatterns)
	if len(patterns) == 0 {
		if tag != "" {
			return "@" + tag + " " + w.URL.Value + "\n", nil
		}
		return w.URL.Value + "\n", nil
	}
	for _, pattern := range patterns {
		if value, err := w.pinOf(pattern); err != nil || value != "*" {
			return "", cmp.Or(err, attrError("pin", "%q must be \"*\" with apk, which takes any version from a repository that it is told to prefer; name the version at the package", pattern))
		}
	}
	plain := ""
	if tag == "" {
		if tag = w.Name; !isWord(tag, "._-") {
			return "", attrError("pin", "needs a tag of apk, which is letters, digits and . _ -, and %q is none: options = { tag = \"acme\" }", tag)
		}
		plain = w.URL.Value + "\n"
	}
	return fmt.Sprintf("%s@%s: %s\n%s@%[2]s %[5]s\n", apkPinNote, tag, strings.Join(patterns, " "), plain, w.URL.Value), nil
}

// apkPinNote begins the line that names the packages that apk should prefer from a repository by its tag, which apk's
// own format cannot express: "# Prefer from @TAG: PATTERN…".
const apkPinNote = "# Prefer from "

// ApkPin makes packages that match a pattern come from the repository with a tag.
type ApkPin struct{ Pattern, Tag string }

// ApkPins returns the pins of definitions of apk, in their order.
func ApkPins(definition string) (pins []ApkPin) {
	for line := range strings.Lines(definition) {
		rest, ok := strings.CutPrefix(line, apkPinNote+"@")
		tag, patterns, found := strings.Cut(rest, ":")
		if !ok || !found || !isWord(tag, "._-") {
			continue
		}
		for pattern := range strings.FieldsSeq(patterns) {
			pins = append(pins, ApkPin{pattern, tag})
		}
	}
	return pins
}
