package repository

import (
	"crypto/sha1" //nolint:gosec // apk names its files by it
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/resources"
)

// namesIn lists a folder that may be missing.
func (r *tree) namesIn(dir string) ([]string, error) {
	names, err := r.fs.Names(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

// listsOf lists the files and folders in which the package manager keeps what it
// has fetched from the repository.
func (r *tree) listsOf(have resources.RepositoryWant, text string) ([]string, error) {
	switch have.Provider.Value {
	case "apt":
		return r.aptLists(have, text)
	case "dnf": // NAME-0123456789abcdef, NAME.solv, NAME-filenames.solvx
		return r.matching("/var/cache/dnf", func(n string) bool {
			rest, ok := strings.CutPrefix(n, have.Name)
			return ok && (strings.HasPrefix(rest, ".solv") || strings.HasPrefix(rest, "-filenames.solv") || len(rest) == 17 && rest[0] == '-' && isHex(rest[1:]))
		})
	case "zypper":
		var out []string
		for _, dir := range []string{"raw", "solv", "packages", "pubkeys"} {
			found, err := r.matching("/var/cache/zypp/"+dir, func(n string) bool { return n == have.Name })
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
		return out, nil
	case "pacman": // NAME.db, NAME.files and their signatures
		return r.matching("/var/lib/pacman/sync", func(n string) bool {
			return slices.Contains([]string{have.Name + ".db", have.Name + ".db.sig", have.Name + ".files", have.Name + ".files.sig"}, n)
		})
	case "apk": // APKINDEX.01234567.tar.gz, by the URL
		var marks []string
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) > 0 && f[0][0] != '#' {
				marks = append(marks, fmt.Sprintf("APKINDEX.%x.tar.gz", sha1.Sum([]byte(f[len(f)-1])))[:17]) //nolint:gosec // see above
			}
		}
		return r.matching("/var/cache/apk", func(n string) bool {
			return slices.ContainsFunc(marks, func(m string) bool { return strings.HasPrefix(n, m) })
		})
	}
	return nil, nil
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// matching lists the entries of a folder that is, as may be, missing.
func (r *tree) matching(dir string, is func(name string) bool) ([]string, error) {
	names, err := r.namesIn(dir)
	var out []string
	for _, name := range names {
		if is(name) {
			out = append(out, path.Join(dir, name))
		}
	}
	return out, err
}

// aptLists are the lists of apt that come from the sources of the definition, but
// those that another file of sources names too.
func (r *tree) aptLists(have resources.RepositoryWant, text string) ([]string, error) {
	others, err := r.otherSources(have.DefinitionPath())
	if err != nil {
		return nil, err
	}
	var prefixes []string
	for _, s := range resources.AptSources(text) {
		shared := slices.ContainsFunc(others, func(o string) bool {
			return strings.Contains(o, s.Place()) && slices.Contains(strings.Fields(o), s.Suite)
		})
		if !shared {
			prefixes = append(prefixes, s.ListPrefix())
		}
	}
	var out []string
	for _, dir := range []string{"/var/lib/apt/lists", "/var/lib/apt/lists/partial"} {
		found, err := r.matching(dir, func(n string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(n, p) })
		})
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// otherSources returns the texts of all files of sources but one.
func (r *tree) otherSources(own string) ([]string, error) {
	const dir = "/etc/apt/sources.list.d"
	names, err := r.namesIn(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range append([]string{"/etc/apt/sources.list"}, joinAll(dir, names)...) {
		if text, _, err := r.readFile(p); p != own && err == nil {
			out = append(out, string(text))
		}
	}
	return out, nil
}

func joinAll(dir string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = path.Join(dir, name)
	}
	return out
}
