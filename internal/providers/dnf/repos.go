package dnf

import (
	"cmp"
	"path"
	"strings"

	"converge/internal/providers/rpm"
)

// repoFolders are dnf's default for reposdir.
func repoFolders() []string {
	return []string{"/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d"}
}

const mainFile = "/etc/dnf/dnf.conf"

// settings are the relevant parts of dnf's configuration.
type settings struct {
	repos   []rpm.Repo
	folders []string // of the machine's .repo files
	cache   string   // the place of the index
	skip    string   // what skip_if_unavailable is by default
}

// readSettings reads dnf.conf and the .repo files.
func (m *machine) readSettings() (settings, error) {
	s := settings{cache: "/var/cache/dnf"}
	text, err := rpm.ReadFile(m.Host, mainFile)
	if err != nil {
		return s, err
	}
	ini := rpm.ParseIni(text)
	main, folders := ini["main"], repoFolders()
	s.skip = main["skip_if_unavailable"]
	if dirs := strings.FieldsFunc(main["reposdir"], func(r rune) bool { return strings.ContainsRune(", \n", r) }); len(dirs) > 0 {
		folders = dirs
	}
	if dir := main["cachedir"]; path.IsAbs(dir) {
		s.cache = path.Clean(dir)
	}
	s.folders = folders
	if v := m.standin.Now(); v.Cache != "" {
		s.cache = v.Cache
		if v.Repos != "" {
			folders = []string{v.Repos}
		}
	}
	s.repos, err = rpm.ReadRepos(m.Host, folders...)
	s.repos = append(rpm.ReposOf(m.Host, mainFile, ini), s.repos...)
	return s, err
}

// disableUnfetched returns the options that leave out the repositories that were never fetched and that dnf may do
// without (dnf.conf(5), skip_if_unavailable): asked from the cache alone, it reports an error about each.
func (m *machine) disableUnfetched(s settings) (options []string, err error) {
	for _, r := range s.repos {
		if !rpm.IsTrue(cmp.Or(r.Skip, s.skip), false) {
			continue
		}
		at, err := index{m}.fetchTime(s.cache, r.ID)
		if err != nil {
			return nil, err
		}
		if at.IsZero() {
			options = append(options, "--disablerepo="+r.ID)
		}
	}
	return options, nil
}
