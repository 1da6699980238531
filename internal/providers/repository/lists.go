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

// namesIn lists a folder; a missing folder is empty.
func (r *tree) namesIn(dir string) ([]string, error) {
	names, err := r.fs.Names(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

// listsOf lists the files and folders in which the package manager keeps what it has fetched from the repository.
func (r *tree) listsOf(have resources.RepositoryWant) ([]string, error) {
	b, _ := contentOf(have.Definition)
	text := string(b)
	if have.Definition == nil {
		return r.remains(have)
	}
	switch have.Provider.Value {
	case "apt":
		return r.aptLists(have, text)
	case "dnf":
		names, _, _ := sectionsOf(b) // the sections of pins have their own lists
		return r.dnfLists(append(names, have.Name)...)
	case "zypper":
		return r.zypperLists(have.Name)
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

// dnfLists lists NAME-0123456789abcdef, NAME.solv and NAME-filenames.solvx.
func (r *tree) dnfLists(names ...string) ([]string, error) {
	return r.matching("/var/cache/dnf", func(n string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			rest, ok := strings.CutPrefix(n, name)
			return ok && (strings.HasPrefix(rest, ".solv") || strings.HasPrefix(rest, "-filenames.solv") || len(rest) == 17 && rest[0] == '-' && isHex(rest[1:]))
		})
	})
}

func (r *tree) zypperLists(name string) ([]string, error) {
	var out []string
	for _, dir := range []string{"raw", "solv", "packages", "pubkeys"} {
		found, err := r.matching("/var/cache/zypp/"+dir, func(n string) bool { return n == name })
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// remains lists the lists of an undefined repository that have its name. Without a definition, the repository may have
// been one of dnf or one of zypper.
func (r *tree) remains(have resources.RepositoryWant) ([]string, error) {
	if m := have.Provider.Value; m != "dnf" && m != "zypper" {
		return nil, nil
	}
	others, err := r.otherDefinitions(have)
	if err != nil || slices.ContainsFunc(others, func(text string) bool { return findSection([]byte(text), have.Name).found }) {
		return nil, err
	}
	dnf, err := r.dnfLists(have.Name)
	if err != nil {
		return nil, err
	}
	zypper, err := r.zypperLists(have.Name)
	return append(dnf, zypper...), err
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// matching lists the matching entries of a folder, which may be missing.
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

// aptLists are the lists of apt from the sources of the definition, except those that another file of sources names,
// too.
func (r *tree) aptLists(have resources.RepositoryWant, text string) ([]string, error) {
	others, err := r.otherDefinitions(have)
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

func joinAll(dir string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = path.Join(dir, name)
	}
	return out
}
