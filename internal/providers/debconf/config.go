package debconf

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// configFiles are the possible places of debconf.conf(5); the first existing one counts.
func configFiles() []string {
	return []string{"/root/.debconfrc", "/etc/debconf.conf", "/usr/share/debconf/debconf.conf"}
}

const maxConfig = 1 << 20 // bytes of debconf.conf

// maxFiles bounds the files of a database.
const maxFiles = 64

// store is where debconf keeps its data.
type store struct {
	answers   []string // files, the first that has a question counts
	templates []string
}

// findStore finds debconf's files by its configuration.
func findStore(tree fsys.Files) (store, error) {
	for _, at := range configFiles() {
		text, err := tree.ReadFile(at, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return store{}, err
		}
		s, err := parseConfig(string(text))
		if err != nil {
			return store{}, fmt.Errorf("%s: %w", at, err)
		}
		return s, nil
	}
	err := errors.New("this system has no debconf, which belongs to Debian and its derivatives; when = node.os.family == \"debian\" leaves the answers out elsewhere")
	if _, dpkg := tree.Stat("/var/lib/dpkg/status"); dpkg == nil {
		return store{}, resource.Missing(errors.New("the package debconf is not installed"))
	}
	return store{}, err
}

// stanza is a paragraph of debconf.conf: values by names in lower case, with dashes.
type stanza map[string]string

// parseConfig finds the files of the two databases that debconf.conf names.
func parseConfig(text string) (s store, err error) {
	all := parseStanzas(text)
	if len(all) == 0 {
		return s, errors.New("it is empty")
	}
	named := map[string]stanza{}
	for _, st := range all[1:] {
		named[st["name"]] = st
	}
	if s.answers, err = filesOf(named, all[0]["config"], nil); err != nil {
		return s, err
	}
	s.templates, err = filesOf(named, all[0]["templates"], nil)
	return s, err
}

func parseStanzas(text string) (out []stanza) {
	now := stanza{}
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "" && len(now) > 0:
			out = append(out, now)
			now = stanza{}
		case ok:
			now[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "_", "-")] = strings.TrimSpace(value)
		}
	}
	return out
}

// filesOf lists the files of a database by its name. above are the names of the databases that contain it.
func filesOf(named map[string]stanza, name string, above []string) ([]string, error) {
	st, ok := named[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("it does not say what the database %q is", name)
	case slices.Contains(above, name):
		return nil, fmt.Errorf("the database %q is a part of itself", name)
	}
	switch driver, file := st["driver"], st["filename"]; {
	case strings.EqualFold(driver, "Stack"):
		var out []string
		for part := range strings.SplitSeq(st["stack"], ",") {
			files, err := filesOf(named, strings.TrimSpace(part), append(above, name))
			if err != nil {
				return nil, err
			}
			if out = append(out, files...); len(out) > maxFiles {
				return nil, fmt.Errorf("the database %q has more than %d files", name, maxFiles)
			}
		}
		return out, nil
	case !strings.EqualFold(driver, "File") || st["format"] != "" && st["format"] != "822":
		return nil, fmt.Errorf("converge cannot read the database %q: it is no file of debconf's own format (driver %s)", name, driver)
	case !strings.HasPrefix(file, "/") || strings.Contains(file, "${"):
		return nil, fmt.Errorf("converge cannot read the database %q: its file %q is not an absolute path", name, file)
	default:
		return []string{file}, nil
	}
}
