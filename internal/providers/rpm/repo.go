package rpm

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/version"
)

// Repo is an enabled repository, as a .repo file declares it.
type Repo struct {
	ID       string // the name of its section
	Name     string // for people
	Priority int    // the lowest number wins (dnf.conf(5), zypper(8))
	Skip     string // its option skip_if_unavailable (dnf.conf(5)), "" if it has none

	// Changed is the time of the newest of the file that declares it and its local key files, and File is that file.
	Changed time.Time
	File    string
}

// ReadRepos reads the .repo files of folders.
func ReadRepos(h *tool.Host, folders ...string) ([]Repo, error) {
	var list []Repo
	for _, dir := range folders {
		entries, err := h.Tree.ReadDir(dir)
		if err != nil {
			continue // the folder is optional
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".repo") {
				continue
			}
			name := path.Join(dir, e.Name())
			text, err := ReadFile(h, name)
			if err != nil {
				return nil, fmt.Errorf("cannot read the repositories: %w", err)
			}
			list = append(list, ReposOf(h, name, ParseIni(text))...)
		}
	}
	return list, nil
}

// ReposOf returns the enabled repositories of a file.
func ReposOf(h *tool.Host, file string, ini map[string]map[string]string) []Repo {
	var list []Repo
	for id, section := range ini {
		if id == "main" || !IsTrue(section["enabled"], true) {
			continue
		}
		priority, err := strconv.Atoi(section["priority"])
		if err != nil {
			priority = defaultPriority
		}
		r := Repo{ID: id, Name: cmp.Or(section["name"], id), Priority: priority, Skip: section["skip_if_unavailable"], File: file}
		for _, name := range append([]string{file}, keyFiles(section["gpgkey"])...) {
			if info, err := h.Tree.Stat(name); err == nil && info.ModTime().After(r.Changed) {
				r.Changed, r.File = info.ModTime(), name
			}
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Repo) int { return strings.Compare(a.ID, b.ID) })
	return list
}

const defaultPriority = 99

// keyFiles returns the local files that an option gpgkey names: an index that a former key signed does not count for
// the new key.
func keyFiles(option string) []string {
	var files []string
	for _, word := range strings.FieldsFunc(option, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if u, err := url.Parse(word); err == nil && u.Scheme == "file" {
			files = append(files, u.Path)
		}
	}
	return files
}

// ReportStale explains why an index must be fetched: a repository has never been fetched, or not since its file
// changed, or longer ago than maxAge allows. fetched returns when a repository was fetched.
func ReportStale(repos []Repo, fetched func(Repo) (time.Time, error), maxAge tool.MaxAge, latest bool) (string, error) {
	for _, r := range repos {
		at, err := fetched(r)
		switch {
		case err != nil:
			return "", err
		case at.IsZero():
			return fmt.Sprintf("repository %s has not been fetched yet", r.ID), nil
		case r.Changed.After(at):
			return fmt.Sprintf("%s has changed since repository %s was fetched", r.File, r.ID), nil
		case maxAge.IsOver(at, latest):
			return fmt.Sprintf("repository %s was fetched %s ago", r.ID, time.Since(at).Round(time.Minute)), nil
		}
	}
	return "", nil
}

// SortOffers puts the manager's choice first: packages with the requested name before others, by the priority of their
// repository, the newest first. Packages of another architecture count only if there are no others.
func SortOffers(list []packages.Offer, repos []Repo, foreign bool) []packages.Offer {
	isForeign := func(p packages.Offer) bool { return !foreign && !isNative(p.Arch) }
	if native := slices.DeleteFunc(slices.Clone(list), isForeign); len(native) > 0 {
		list = native
	}
	slices.SortStableFunc(list, func(a, b packages.Offer) int {
		return cmp.Or(
			compareBool(a.Virtual, b.Virtual),
			cmp.Compare(priorityOf(repos, a.Source), priorityOf(repos, b.Source)),
			version.CompareRPM(b.Version, a.Version),
			strings.Compare(a.Name, b.Name),
		)
	})
	return list
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// priorityOf returns the priority of a repository, found by its section or its name.
func priorityOf(repos []Repo, source string) int {
	for _, r := range repos {
		if r.ID == source || r.Name == source {
			return r.Priority
		}
	}
	return defaultPriority
}

// isNative reports whether an architecture is this machine's own, rather than an older one that it also runs.
func isNative(arch string) bool {
	own := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7hl"}[runtime.GOARCH]
	return arch == "noarch" || own == "" || arch == own
}
