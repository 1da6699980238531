package resources

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// repositoryFormat is the native format of a package manager for a repository.
type repositoryFormat struct {
	takes  []string // attributes that it can express, in addition to those of all
	define func(w *RepositoryWant) ([]byte, error)
	prefer func(w *RepositoryWant) ([]byte, error) // nil: there is no file of priorities
}

func repositoryFormats() map[string]repositoryFormat {
	return map[string]repositoryFormat{
		"apt": {
			takes:  []string{"suites", "components", "architectures", "pin", "pin_release", "priority", "enabled"},
			define: defineApt, prefer: preferApt,
		},
		"dnf":    {takes: []string{"pin", "priority", "enabled"}, define: defineDnf},
		"zypper": {takes: []string{"priority", "enabled"}, define: defineZypper},
		"pacman": {takes: []string{"before"}, define: definePacman},
		"apk":    {takes: []string{"key_name", "pin"}, define: defineApk},
	}
}

// Paths returns the files that belong to the repository alone, its definition first.
func (w *RepositoryWant) Paths() []string {
	switch w.Provider.Value {
	case "apt":
		paths := []string{"/etc/apt/sources.list.d/" + w.Name + ".sources", w.KeyPath()}
		if w.Preferences == nil || w.Preferences.Size != 0 {
			paths = append(paths, w.PreferencesPath())
		}
		if w.Credentials != nil && w.Credentials.Size != 0 {
			paths = append(paths, w.CredentialsPath())
		}
		return paths
	case "dnf":
		return []string{"/etc/yum.repos.d/" + w.Name + ".repo", w.KeyPath()}
	case "zypper":
		return []string{"/etc/zypp/repos.d/" + w.Name + ".repo", w.KeyPath()}
	case "pacman":
		return []string{w.KeyPath()}
	case "apk":
		paths := []string{"/etc/apk/repositories.d/" + w.Name + ".list"}
		if at := w.KeyPath(); at != "" {
			paths = append(paths, at)
		}
		return paths
	}
	return nil
}

// PacmanConf is the file with the sections of all repositories of pacman.
const PacmanConf = "/etc/pacman.conf"

// DefinitionPath returns the file with the definition, or its section.
func (w *RepositoryWant) DefinitionPath() string {
	if w.Provider.Value == "pacman" {
		return PacmanConf
	}
	return w.Paths()[0]
}

// KeyPath returns the file of the signing key; "" if there is none.
func (w *RepositoryWant) KeyPath() string {
	switch w.Provider.Value {
	case "apt":
		return "/etc/apt/keyrings/" + w.Name + ".asc"
	case "dnf", "zypper":
		return "/etc/pki/rpm-gpg/RPM-GPG-KEY-" + w.Name
	case "pacman":
		return "/etc/pacman.d/" + w.Name + ".asc"
	case "apk":
		if w.KeyName.Set {
			return "/etc/apk/keys/" + w.KeyName.Value
		}
	}
	return ""
}

// PreferencesPath returns the file of the priorities; "" if there is none.
func (w *RepositoryWant) PreferencesPath() string {
	if w.Provider.Value == "apt" {
		return "/etc/apt/preferences.d/" + w.Name + ".pref"
	}
	return ""
}

// CredentialsPath returns the file of the user and the password of its URL; "" if there is none.
func (w *RepositoryWant) CredentialsPath() string {
	if w.Provider.Value == "apt" {
		return "/etc/apt/auth.conf.d/" + w.Name + ".conf"
	}
	return ""
}

// hasPassword reports whether a native text has a password: in a URL, or in dnf's fields password and proxy_password.
func hasPassword(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		name, value := fieldOf(strings.TrimSpace(line))
		if strings.HasSuffix(strings.ToLower(name), "password") && value != "" {
			return true
		}
		for word := range strings.FieldsSeq(value) {
			if hasUser(word) || slices.ContainsFunc(strings.Split(word, ","), hasUser) {
				return true
			}
		}
	}
	return false
}

// fieldOf splits a line of a native text into a field's name and its value; a line without a field's name is a value
// as a whole. A password may contain any of the separators.
func fieldOf(line string) (name, value string) {
	at := strings.IndexFunc(line, func(r rune) bool { return !isWord("a"+string(r), "-_.") })
	if at <= 0 {
		return "", line
	}
	rest := strings.TrimLeft(line[at:], " ")
	if strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ": ") {
		return line[:at], strings.TrimSpace(rest[1:])
	}
	return "", line
}

// hasUser reports whether a word is a URL with a user. An unreadable URL that may have a user counts: the only effect
// is that fewer users can read the file.
func hasUser(word string) bool {
	u, err := url.Parse(word)
	if err != nil {
		return strings.Contains(word, "://") && strings.Contains(word, "@")
	}
	return u.User != nil && u.Host != ""
}

// ShowsPassword reports whether every user of the machine can read a password of the
// repository.
func (w *RepositoryWant) ShowsPassword() bool {
	if w.Provider.Value != "pacman" || w.Definition == nil {
		return false
	}
	text, ok := w.Definition.Bytes()
	return ok && hasPassword(text)
}

// hasKey reports whether the repository has a key of its own.
func (w *RepositoryWant) hasKey() bool { return w.SigningKey != nil && w.SigningKey.Size != 0 }

// nativeField is one field of a native text.
type nativeField struct{ name, value string }

// withOptions adds options to the fields: an option replaces the field with its name, or follows all. A field without
// a value is omitted. In foreign files case does not count.
func (w *RepositoryWant) withOptions(fields []nativeField, leave ...string) ([]nativeField, error) {
	for _, name := range slices.Sorted(maps.Keys(w.Options.Value)) {
		value := w.Options.Value[name]
		if slices.Contains(leave, name) {
			continue
		}
		if !isWord(name, "-_.") || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, attrError("options", "the option %q must be a word with a value of one line", name)
		}
		at := slices.IndexFunc(fields, func(f nativeField) bool { return strings.EqualFold(f.name, name) })
		if at < 0 {
			fields = append(fields, nativeField{name, value})
		} else {
			fields[at].value = value
		}
	}
	return slices.DeleteFunc(fields, func(f nativeField) bool { return f.value == "" }), nil
}

// The first line of a file names its owner; preferencesNote is a comment of apt_preferences(5). Neither contains a
// keyword of apt_auth.conf(5): an old apt has no comments in that file and skips unknown words.
const (
	written         = " Written by converge; changes made here do not last.\n"
	writtenNote     = "#" + written
	preferencesNote = "Explanation:" + written
)

// joinFields returns the fields, one a line, after a note and a header.
func joinFields(header, separator string, fields []nativeField) []byte {
	var b strings.Builder
	b.WriteString(header)
	for _, f := range fields {
		b.WriteString(f.name + separator + f.value + "\n")
	}
	return []byte(b.String())
}

// hasOption reports whether an option with that name is declared.
func (w *RepositoryWant) hasOption(name string) bool {
	for is := range w.Options.Value {
		if strings.EqualFold(is, name) {
			return true
		}
	}
	return false
}

// requireURL refuses a repository without a place, unless an option names one.
func (w *RepositoryWant) requireURL(instead ...string) error {
	if !w.URL.Set && !slices.ContainsFunc(instead, w.hasOption) {
		return attrError("url", "is needed: it is where the repository is")
	}
	return nil
}

// definePacman writes a section of pacman.conf(5).
func definePacman(w *RepositoryWant) ([]byte, error) {
	if err := w.requireURL("Include"); err != nil {
		return nil, err
	}
	if w.Name == "options" {
		return nil, attrError("name", "is that of pacman's own section")
	}
	level := "Required"
	switch {
	case w.Trusted.Value:
		level = "Never"
	case w.trustsPackages():
		level = "Required DatabaseOptional"
	}
	fields, err := w.withOptions([]nativeField{{"SigLevel", level}, {"Server", w.URL.Value}})
	return joinFields("["+w.Name+"]\n", " = ", fields), err
}
