package resources

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"converge/internal/resource"
)

// defineApt writes a stanza of sources.list(5) in the form deb822.
func defineApt(w *RepositoryWant) ([]byte, error) {
	if err := w.requireURL("URIs"); err != nil {
		return nil, err
	}
	if len(w.Suites.Value) == 0 {
		return nil, attrError("suites", "is needed with apt: [\"stable\"], or [\"./\"] for a flat repository")
	}
	flat := strings.HasSuffix(w.Suites.Value[0], "/")
	for _, s := range w.Suites.Value {
		if strings.HasSuffix(s, "/") != flat {
			return nil, attrError("suites", "must all end with a slash, or none")
		}
	}
	switch {
	case flat && len(w.Components.Value) > 0:
		return nil, attrError("components", "has no meaning for a flat repository, whose suites end with a slash")
	case !flat && len(w.Components.Value) == 0:
		return nil, attrError("components", "is needed unless the repository is flat: [\"main\"]")
	}
	for attr, words := range map[string][]string{"suites": w.Suites.Value, "components": w.Components.Value, "architectures": w.Architectures.Value} {
		for _, word := range words {
			if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				return nil, attrError(attr, "must be words without blanks; %q is none", word)
			}
		}
	}
	fields := []nativeField{
		{"Types", "deb"}, {"URIs", w.moveCredentials()}, {"Suites", strings.Join(w.Suites.Value, " ")},
		{"Components", strings.Join(w.Components.Value, " ")}, {"Architectures", strings.Join(w.Architectures.Value, " ")},
	}
	if w.hasKey() {
		fields = append(fields, nativeField{"Signed-By", w.KeyPath()})
	}
	if w.Trusted.Value {
		fields = append(fields, nativeField{"Trusted", "yes"})
	}
	if !w.Enabled.Or(true) {
		fields = append(fields, nativeField{"Enabled", "no"})
	}
	fields, err := w.withOptions(fields)
	return joinFields(writtenNote, ": ", fields), err
}

// moveCredentials returns the public form of the URL. It moves a user and a password to apt_auth.conf(5), if that
// format can express them.
func (w *RepositoryWant) moveCredentials() string {
	w.Credentials = resource.BytesBlob(nil)
	u, err := url.Parse(w.URL.Value)
	if err != nil || u.User == nil {
		return w.URL.Value
	}
	password, ok := u.User.Password()
	isNoWord := func(s string) bool {
		return s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' || r == '"' })
	}
	if !ok || isNoWord(password) || isNoWord(u.User.Username()) || u.Scheme != "http" && u.Scheme != "https" {
		return w.URL.Value
	}
	machine := u.Host + strings.TrimRight(u.Path, "/") + "/"
	if u.Scheme == "http" { // https is implied, even for an apt that knows no schemes there
		machine = "http://" + machine
	}
	w.Credentials = resource.BytesBlob([]byte(writtenNote + "machine " + machine + " login " + u.User.Username() + " password " + password + "\n"))
	u.User = nil
	return u.String()
}

// IsWritten reports whether converge wrote a file of passwords or priorities of apt. An administrator may have one of
// the same name, which does not belong to a repository that declares no such thing.
func IsWritten(text []byte) bool {
	return strings.HasPrefix(string(text), writtenNote) || strings.HasPrefix(string(text), preferencesNote)
}

// versionPriority is the priority of a version that a pin prefers: above that of a default release (990 in
// apt_preferences(5)), and below the values that downgrade.
const versionPriority = 990

// preferApt writes the stanzas of apt_preferences(5). The first that matches a package counts, so patterns come after
// names and longer ones first. The stanza for all packages has another form, which always comes last.
func preferApt(w *RepositoryWant) ([]byte, error) {
	if !w.Priority.Set && len(w.Pin.Value) == 0 {
		return nil, nil
	}
	by, byErr := w.recognisedBy()
	var stanzas []string
	stanza := func(pattern, pin, priority string) {
		stanzas = append(stanzas, "Package: "+pattern+"\nPin: "+pin+"\nPin-Priority: "+priority+"\n")
	}
	for _, pattern := range slices.SortedFunc(maps.Keys(w.Pin.Value), comparePatterns) {
		value, err := w.pinOf(pattern)
		if err != nil {
			return nil, err
		}
		if n, err := strconv.Atoi(value); err == nil {
			if err := cmp.Or(checkAptPriority("pin", n), byErr); err != nil {
				return nil, err
			}
			stanza(pattern, by, value)
			continue
		}
		stanza(pattern, "version "+value, strconv.Itoa(versionPriority))
	}
	if p := w.Priority; p.Set {
		if err := cmp.Or(checkAptPriority("priority", int(p.Value)), byErr); err != nil {
			return nil, err
		}
		stanza("*", by, strconv.FormatInt(p.Value, 10))
	}
	return []byte(preferencesNote + strings.Join(stanzas, "\n")), nil
}

// pinOf returns the declared pin of the packages that match a pattern: a number or a version.
func (w *RepositoryWant) pinOf(pattern string) (value string, err error) {
	value = strings.TrimSpace(w.Pin.Value[pattern])
	switch {
	case !isWord(strings.TrimLeft(pattern, "*?["), "+.-:*?[]_") || pattern == "*":
		return "", attrError("pin", "%q must be the name of a package or a pattern of names; for all packages there is priority", pattern)
	case value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "", attrError("pin", "%q must have a number or a version: 900 or \"8.2*\"", pattern)
	}
	return value, nil
}

// checkAptPriority refuses numbers that apt cannot use: 0 has a special meaning, and the others must fit 16 bits.
func checkAptPriority(attr string, n int) error {
	if n == 0 || n < -32768 || n > 32767 {
		return attrError(attr, "must be a number from 1 to 32767, or less than 0 for what is never to be installed")
	}
	return nil
}

// comparePatterns orders names before patterns, and longer patterns first.
func comparePatterns(a, b string) int {
	wild := func(s string) int {
		if strings.ContainsAny(s, "*?[") {
			return 1
		}
		return 0
	}
	return cmp.Or(wild(a)-wild(b), len(b)-len(a), strings.Compare(a, b))
}

// recognisedBy is how a pin names the repository.
func (w *RepositoryWant) recognisedBy() (string, error) {
	if w.PinRelease.Set {
		return "release " + w.PinRelease.Value, nil
	}
	u, err := url.Parse(w.URL.Value)
	if err != nil || u.Hostname() == "" {
		return "", attrError("pin_release", "is needed for priority and pin: the URL names no host by which apt would know the repository (\"o=ORIGIN\", of its Release file)")
	}
	return `origin "` + u.Hostname() + `"`, nil
}

// PinnedHost is the host, if apt knows the repository for its priorities only by its host; "": it has none, or its
// Release file identifies it.
func (w *RepositoryWant) PinnedHost() string {
	hasPriority := w.Priority.Set
	for _, value := range w.Pin.Value {
		_, err := strconv.Atoi(value)
		hasPriority = hasPriority || err == nil
	}
	if w.Provider.Value != "apt" || w.PinRelease.Set || !hasPriority {
		return ""
	}
	u, err := url.Parse(w.URL.Value)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
